/** Under which licence a recording is, and where it is from: what its folder's source.yaml says, or what is known of public sets. */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { parse, stringify, YAMLParseError } from 'yaml';
import { z } from 'zod';

import { TrainerError } from '../../trainer-error.ts';

/** Lies in a folder of recordings; written by `data import`, `data align` and `data fetch`, or by hand. */
export const SOURCE_FILE = 'source.yaml';
export const UNKNOWN_LICENCE = 'unknown';

const RecordingSourceSchema = z.strictObject({
  licence: z.string().min(1),
  /** An address, a name, an author: whatever finds it again. */
  origin: z.string().min(1).optional(),
});

/** What a source.yaml tells of the recordings below it. */
export type RecordingSource = z.infer<typeof RecordingSourceSchema>;

/** Public sets in the folders where the README of the trainer puts them. */
const PUBLIC_SETS: readonly (readonly [folder: string, licence: string])[] = [
  ['speech_commands/', 'CC-BY-4.0'],
  ['test_v2_12/', 'CC-BY-4.0'],
  ['speech/librispeech/', 'CC-BY-4.0'],
  ['speech/held_back/librispeech/', 'CC-BY-4.0'],
  ['noise/esc10/', 'CC-BY-3.0'],
];

/** Finds licences below a data folder; each folder is looked into once. */
export class Licences {
  readonly #root: string;
  readonly #folders = new Map<string, Promise<RecordingSource | undefined>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @param path - relative to the data folder, with `/` @throws {TrainerError} `invalid_dataset` if a source.yaml above it says nothing */
  async of(path: string): Promise<string> {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      const source = await this.#ofFolder(folder);
      if (source !== undefined) return source.licence;
      if (folder === '.') break;
    }
    return PUBLIC_SETS.find(([folder]) => path.startsWith(folder))?.[1] ?? UNKNOWN_LICENCE;
  }

  /** What the folders looked into so far say, in the order of their names, relative to the data folder. */
  async sources(): Promise<(RecordingSource & { readonly folder: string })[]> {
    const folders = [...this.#folders.keys()].sort();
    const sources = await Promise.all(folders.map((folder) => this.#ofFolder(folder)));
    return folders.flatMap((folder, i) => (sources[i] === undefined ? [] : [{ folder, ...sources[i] }]));
  }

  #ofFolder(folder: string): Promise<RecordingSource | undefined> {
    const known = this.#folders.get(folder) ?? readRecordingSource(join(this.#root, folder, SOURCE_FILE));
    this.#folders.set(folder, known);
    return known;
  }
}

/** The text of a source.yaml. */
export function sourceText({ licence, origin }: { readonly licence: string; readonly origin?: string | undefined }): string {
  return stringify({ licence, ...(origin !== undefined && { origin }) });
}

async function readRecordingSource(path: string): Promise<RecordingSource | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const source = RecordingSourceSchema.safeParse(parsed(text));
  if (source.success) return source.data;
  throw new TrainerError(
    'invalid_dataset',
    `${path} has to say \`licence: …\`, and may say \`origin: …\`: ${z.prettifyError(source.error)}`,
  );
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) return undefined;
    throw error;
  }
}
