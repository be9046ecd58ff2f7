/** The microphone as chunks of PCM: permission, audio graph, and every way it can fail or go away. */

import { MAX_SAMPLE_RATE_HZ } from '#shared/audio/sample-rate.ts';
import captureWorkletUrl from './capture-worklet.ts?worker&url';
import { StreamError, unreachable } from '#shared/client/stream-error.ts';
import type { FromCapture, ToCapture } from './capture-messages.ts';
import { MicrophoneError, toMicrophoneError } from './microphone-error.ts';

/** How long sound may take to start. Browsers that want a click first leave the promise of it open for as long as none comes. */
const START_WAIT_MS = 1000;
/**
 * How much sound the browser hands over at a time, at most: half a chunk's worth. Waking its audio threads for every few milliseconds, as it
 * does for instruments, costs more than the keyword spotting itself (`npm run bench:page`).
 */
const LATENCY_SECONDS = 0.04;

/** Which microphone, and what the browser does to its sound. */
export interface SoundSettings {
  /** As `enumerateDevices` names it; the browser's choice where absent. */
  readonly deviceId?: string | undefined;
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly autoGainControl: boolean;
}

/** Keywords are recognised best from sound that nobody has tried to improve; only a quiet microphone is helped. */
export const DEFAULT_SOUND: SoundSettings = { echoCancellation: false, noiseSuppression: false, autoGainControl: true };

export interface MicrophoneOptions {
  /** A chunk of 16 kHz s16le, which the receiver owns. */
  readonly onAudio: (pcm: Uint8Array<ArrayBuffer>) => void;
  /** The input level, in [0, 1], linear in decibels, when it has moved. */
  readonly onLevel: (level: number) => void;
  /** The device was unplugged or its permission withdrawn; no chunk follows. */
  readonly onLost: (error: MicrophoneError) => void;
  /** The browser holds the sound back, as it may in the background or before a click; or it lets it go on. */
  readonly onPaused: (isPaused: boolean) => void;
}

/** A microphone that is on. */
export interface Microphone {
  /** Of the sound that goes to an engine. */
  readonly sampleRateHz: number;
  /** From now on, sound goes to this port and no more to `onAudio`: see `RawChunk`. */
  sendTo(engine: MessagePort): void;
  /** Asks for sound that is held back. */
  resume(): Promise<void>;
  close(): void;
}

/** Asks for permission where it is needed and starts. */
export type OpenMicrophone = (options: MicrophoneOptions) => Promise<Microphone>;

/** @throws {MicrophoneError | StreamError} no sound, or no server to get the worklet from */
export async function openMicrophone(options: MicrophoneOptions, sound = DEFAULT_SOUND): Promise<Microphone> {
  const stream = await askForSound(sound);
  try {
    const { context, capture } = await startGraph(stream, options);
    watchTrack(stream, options.onLost);
    watchContext(context, options.onPaused);
    if (context.state !== 'running') options.onPaused(true);
    return {
      sampleRateHz: context.sampleRate,
      sendTo: (engine) => capture.postMessage({ engine } satisfies ToCapture, [engine]),
      resume: () => context.resume(),
      close: () => closeAll(stream, context),
    };
  } catch (error) {
    stopTracks(stream);
    throw error instanceof StreamError ? error : toMicrophoneError(error);
  }
}

async function askForSound({ deviceId, echoCancellation, noiseSuppression, autoGainControl }: SoundSettings): Promise<MediaStream> {
  if (!('mediaDevices' in navigator)) {
    throw new MicrophoneError('microphone_unsupported', 'Browsers give the microphone to pages over https or on localhost only.');
  }
  const sound = { channelCount: 1, echoCancellation, noiseSuppression, autoGainControl };
  const device = deviceId ? { deviceId: { exact: deviceId } } : {};
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { ...sound, ...device } });
  } catch (error) {
    throw toMicrophoneError(error);
  }
}

interface Graph {
  readonly context: AudioContext;
  readonly capture: MessagePort;
}

async function startGraph(stream: MediaStream, { onAudio, onLevel }: MicrophoneOptions): Promise<Graph> {
  const context = await createContext();
  try {
    await loadWorklet(context);
    const capture = new AudioWorkletNode(context, 'kws-capture', { numberOfInputs: 1, numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }: MessageEvent<FromCapture>) => {
      if (data.level !== undefined) onLevel(data.level);
      if ('pcm' in data) onAudio(new Uint8Array(data.pcm));
    };
    context.createMediaStreamSource(stream).connect(capture);
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, START_WAIT_MS))]);
    return { context, capture: capture.port };
  } catch (error) {
    await context.close();
    throw error;
  }
}

/** The worklet's file comes from the server, so that a server that is away shows here first. @throws {StreamError} `server_unreachable` */
async function loadWorklet(context: AudioContext): Promise<void> {
  try {
    await context.audioWorklet.addModule(captureWorkletUrl);
  } catch (error) {
    throw unreachable(error);
  }
}

/** At the device's own rate, since Firefox joins a microphone to no other; only rates beyond our resampler are changed. */
async function createContext(): Promise<AudioContext> {
  const context = new AudioContext({ latencyHint: LATENCY_SECONDS });
  if (context.sampleRate <= MAX_SAMPLE_RATE_HZ) return context;
  await context.close();
  return new AudioContext({ latencyHint: LATENCY_SECONDS, sampleRate: MAX_SAMPLE_RATE_HZ });
}

function watchTrack(stream: MediaStream, onLost: (error: MicrophoneError) => void): void {
  const lost = (): void => onLost(new MicrophoneError('microphone_lost', 'The microphone was unplugged or switched off.'));
  for (const track of stream.getAudioTracks()) track.addEventListener('ended', lost);
}

function watchContext(context: AudioContext, onPaused: (isPaused: boolean) => void): void {
  context.addEventListener('statechange', () => {
    if (context.state !== 'closed') onPaused(context.state !== 'running');
  });
}

function closeAll(stream: MediaStream, context: AudioContext): void {
  stopTracks(stream);
  void context.close(); // nothing waits for it, and it cannot fail on a context that is open
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
