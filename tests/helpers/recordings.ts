/** The recordings under `tests/fixtures`. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const DIRECTORY = join(import.meta.dirname, '..', 'fixtures', 'recordings');

export type RecordingName = 'yes' | 'stop' | 'left' | 'happy' | 'yes-stop-left' | 'speech';

/** The WAV file of a recording. */
export function readRecording(name: RecordingName): Promise<Buffer> {
  return readFile(recordingPath(name));
}

/** Where it lies. */
export function recordingPath(name: RecordingName): string {
  return join(DIRECTORY, `${name}.wav`);
}
