/** From a file that a visitor gives to 16 kHz sound: our own reader for WAV, the browser's decoder for everything else. */

import { AudioError } from '#shared/audio/audio-error.ts';
import { Resampler } from '#shared/audio/resampler.ts';
import { readWav, writeWav } from '#shared/audio/wav.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { StreamError } from '#shared/client/stream-error.ts';

/** What the browser decodes to; our own resampler takes it from there. */
const DECODING_HZ = 48_000;
/** An hour of 16-bit stereo at 48 kHz. */
const MAX_FILE_BYTES = 700 * 1024 * 1024;
const RIFF = [0x52, 0x49, 0x46, 0x46];

/** A recording as the page shows, plays and sends it. */
export interface Recording {
  /** Mono, 16 kHz, in [-1, 1]. */
  readonly samples: Float32Array;
  /** What the service is sent: the file itself where it is a WAV. */
  readonly wav: Blob;
}

/**
 * Decodes a recording.
 *
 * @throws {CodedError} `recording_too_big`, `cannot_decode`, and what is wrong with a WAV
 */
export async function decodeRecording(file: File): Promise<Recording> {
  if (file.size > MAX_FILE_BYTES) throw new StreamError('recording_too_big', `The file has more than ${MAX_FILE_BYTES} bytes.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (RIFF.every((byte, i) => bytes[i] === byte)) return fromWav(bytes, file);
  const samples = await decodeByBrowser(bytes);
  return { samples, wav: new Blob([new Uint8Array(writeWav(samples, SAMPLE_RATE_HZ))], { type: 'audio/wav' }) };
}

/** A WAV of an encoding that we do not read goes the browser's way too. */
async function fromWav(bytes: Uint8Array<ArrayBuffer>, file: File): Promise<Recording> {
  try {
    const { samples, sampleRateHz } = readWav(bytes);
    return { samples: resample(samples, sampleRateHz), wav: file };
  } catch (error) {
    if (!(error instanceof AudioError) || error.code !== 'unsupported_wav_encoding') throw error;
    const samples = await decodeByBrowser(bytes);
    return { samples, wav: new Blob([new Uint8Array(writeWav(samples, SAMPLE_RATE_HZ))], { type: 'audio/wav' }) };
  }
}

async function decodeByBrowser(bytes: Uint8Array<ArrayBuffer>): Promise<Float32Array> {
  try {
    const decoded = await new OfflineAudioContext(1, 1, DECODING_HZ).decodeAudioData(bytes.buffer);
    return resample(mixDown(decoded), decoded.sampleRate);
  } catch (error) {
    throw new StreamError('cannot_decode', 'This browser cannot read the file as sound.', { cause: error });
  }
}

function mixDown(audio: AudioBuffer): Float32Array {
  const mono = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel++) {
    const samples = audio.getChannelData(channel);
    for (let i = 0; i < samples.length; i++) mono[i] = (mono[i] ?? 0) + (samples[i] ?? 0) / audio.numberOfChannels;
  }
  return mono;
}

function resample(samples: Float32Array, fromHz: number): Float32Array {
  const resampler = new Resampler(fromHz);
  const body = resampler.push(samples).slice();
  const tail = resampler.flush();
  const whole = new Float32Array(body.length + tail.length);
  whole.set(body);
  whole.set(tail, body.length);
  return whole;
}
