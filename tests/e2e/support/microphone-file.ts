/** A recording as Chromium takes it for its microphone. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readWav, writeWav } from '#shared/audio/wav.ts';
import { readRecording, type RecordingName } from '../../helpers/recordings.ts';

/** What Chromium expects of the file. */
const MICROPHONE_HZ = 48_000;
/** Quiet around the word: Chromium plays the file in a loop, and words follow each other with a pause. */
const PAUSE_SECONDS = 0.75;

/** A file for `--use-file-for-fake-audio-capture`: pause, word, pause, at 48 kHz. */
export interface MicrophoneFile {
  readonly path: string;
  remove(): Promise<void>;
}

export async function writeMicrophoneFile(name: RecordingName): Promise<MicrophoneFile> {
  const { samples, sampleRateHz } = readWav(await readRecording(name));
  const pause = new Float32Array(PAUSE_SECONDS * sampleRateHz);
  const sound = raiseRate(Float32Array.from([...pause, ...samples, ...pause]), MICROPHONE_HZ / sampleRateHz);
  const directory = await mkdtemp(join(tmpdir(), 'kws-microphone-'));
  const path = join(directory, `${name}-48k.wav`);
  await writeFile(path, writeWav(sound, MICROPHONE_HZ));
  return { path, remove: () => rm(directory, { recursive: true }) };
}

/** Linear interpolation: what it mirrors above the old band is what the page's resampler takes away again. */
function raiseRate(samples: Float32Array, factor: number): Float32Array {
  return Float32Array.from({ length: Math.floor((samples.length - 1) * factor) }, (_, i) => {
    const at = i / factor;
    const before = Math.floor(at);
    return samples[before]! + (samples[before + 1]! - samples[before]!) * (at - before);
  });
}
