/** Under which licence a recording is: what its folder's source.yaml says, or what is known of public sets. */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { parse } from 'yaml';
import { z } from 'zod';

/** Lies in a folder of recordings; written by `data import`, `data align` and `data fetch`. */
export const SOURCE_FILE = 'source.yaml';
export const UNKNOWN_LICENCE = 'unknown';

const SourceSchema = z.object({ licence: z.string().min(1) });

/** Public sets in the folders where the README of the trainer puts them. */
const PUBLIC_SETS: readonly (readonly [folder: string, licence: string])[] = [
  ['speech_commands/', 'CC-BY-4.0'],
  ['test_v2_12/', 'CC-BY-4.0'],
  ['speech/librispeech/', 'CC-BY-4.0'],
  ['noise/esc10/', 'CC-BY-3.0'],
];

/** Finds licences below a data folder; each folder is looked into once. */
export class Licences {
  readonly #root: string;
  readonly #folders = new Map<string, Promise<string | undefined>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @param path - relative to the data folder, with `/` */
  async of(path: string): Promise<string> {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      const licence = await this.#ofFolder(folder);
      if (licence !== undefined) return licence;
      if (folder === '.') break;
    }
    return PUBLIC_SETS.find(([folder]) => path.startsWith(folder))?.[1] ?? UNKNOWN_LICENCE;
  }

  #ofFolder(folder: string): Promise<string | undefined> {
    const known = this.#folders.get(folder) ?? readLicence(join(this.#root, folder, SOURCE_FILE));
    this.#folders.set(folder, known);
    return known;
  }
}

async function readLicence(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const source = SourceSchema.safeParse(parse(text));
  return source.success ? source.data.licence : undefined;
}
