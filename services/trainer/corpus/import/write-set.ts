/** What lies beside the clips of a set: the lists of splits, where each clip is from, and the licence and origin. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { SOURCE_FILE, sourceText } from '../dataset/licences.ts';
import { SPLIT_LISTS, type Split } from '../speaker-split.ts';

/** What the lists need of a clip. */
export interface SetClip {
  readonly word: string;
  readonly source: string;
  readonly file: string;
  readonly split: Split;
}

/** A set as its files tell it. */
export interface SetContents {
  readonly clips: readonly SetClip[];
  readonly licence: string;
  /** `undefined`: nobody has said it. */
  readonly origin?: string | undefined;
}

export async function writeSet(directory: string, { clips, licence, origin }: SetContents): Promise<void> {
  for (const [split, file] of Object.entries(SPLIT_LISTS)) {
    const names = clips.filter((clip) => clip.split === split).map(({ word, file: clip }) => `${word}/${clip}\n`);
    await writeFile(join(directory, file), names.sort().join(''));
  }
  const rows = clips.map(({ word, source, file, split }) => [source, `${word}/${file}`, split].map(quoted).join(','));
  await writeFile(join(directory, 'sources.csv'), ['source,clip,split', ...rows, ''].join('\n'));
  await writeFile(join(directory, SOURCE_FILE), sourceText({ licence, origin }));
}

/** A field of a CSV file (RFC 4180). */
function quoted(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
