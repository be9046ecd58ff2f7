/** WAV files below a folder. */

import { readdir } from 'node:fs/promises';

/** Paths relative to `directory`, sorted; none where there is no such folder. */
export async function wavFilesBelow(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  return names.filter((name) => name.toLowerCase().endsWith('.wav')).sort();
}

export async function countWavFiles(directory: string): Promise<number> {
  return (await wavFilesBelow(directory)).length;
}
