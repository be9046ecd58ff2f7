/** The recordings that somebody wants imported: from a folder of words, or from a CSV file. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';

import { parse } from 'csv-parse/sync';
import { z } from 'zod';

import { TrainerError } from '../../trainer-error.ts';
import { SPLIT_LISTS, type Split } from '../speaker-split.ts';

/** One recording with what its source tells. */
export interface SourceClip {
  readonly path: string;
  readonly word: string;
  readonly speaker?: string | undefined;
  readonly split?: Split | undefined;
}

/** Columns of a CSV file; each may have one of these names. */
const COLUMNS = {
  path: ['path', 'file', 'filename'],
  word: ['word', 'label', 'keyword'],
  speaker: ['speaker', 'speaker_id', 'client_id'],
  split: ['split', 'set'],
} as const;

const SPLIT_NAMES: Readonly<Record<string, Split>> = {
  training: 'training',
  train: 'training',
  validation: 'validation',
  valid: 'validation',
  dev: 'validation',
  test: 'test',
  testing: 'test',
};

/**
 * Lists what to import.
 *
 * @param from - a folder of `<word>/*.wav`, with or without Speech Commands' lists of splits; or a CSV file with a line of column names, whose
 *   paths count from its own folder
 * @throws {TrainerError} `data_not_found`, `invalid_dataset`
 */
export async function sourceClips(from: string): Promise<readonly SourceClip[]> {
  const entry = await stat(from).catch((cause: unknown) => {
    throw new TrainerError('data_not_found', `${from} is not there`, { cause });
  });
  const clips = entry.isDirectory() ? await clipsOfFolder(from) : await clipsOfCsv(from);
  if (clips.length === 0) throw new TrainerError('data_not_found', `no recordings in ${from}: a folder holds <word>/*.wav`);
  return clips;
}

async function clipsOfFolder(directory: string): Promise<SourceClip[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const words = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('_')).map(({ name }) => name);
  const [validation, test] = await Promise.all([SPLIT_LISTS.validation, SPLIT_LISTS.test].map((list) => readList(join(directory, list))));
  const splitOf = (name: string): Split | undefined => {
    if (validation === undefined || test === undefined) return undefined;
    return validation.has(name) ? 'validation' : test.has(name) ? 'test' : 'training';
  };
  const clips: SourceClip[] = [];
  for (const word of words.sort()) {
    const files = (await readdir(join(directory, word))).filter((file) => extname(file).toLowerCase() === '.wav').sort();
    clips.push(...files.map((file) => ({ path: join(directory, word, file), word, split: splitOf(`${word}/${file}`) })));
  }
  return clips;
}

async function readList(path: string): Promise<ReadonlySet<string> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : new Set(text.split('\n').map((line) => line.trim()));
}

const RowsSchema = z.array(z.record(z.string(), z.string()));

async function clipsOfCsv(path: string): Promise<SourceClip[]> {
  const rows = parseRows(path, await readFile(path, 'utf8'));
  const columns = Object.keys(rows[0] ?? {});
  const nameOf = (column: keyof typeof COLUMNS): string | undefined => COLUMNS[column].find((name) => columns.includes(name));
  const [pathColumn, wordColumn, speakerColumn, splitColumn] = [nameOf('path'), nameOf('word'), nameOf('speaker'), nameOf('split')];
  if (rows.length > 0 && (pathColumn === undefined || wordColumn === undefined)) {
    throw invalid(
      path,
      `a column ${COLUMNS.path.join(' or ')} and one ${COLUMNS.word.join(' or ')} are needed; there are ${columns.join(', ')}`,
    );
  }
  return rows.map((row, i) => {
    const [file, word] = [row[pathColumn!], row[wordColumn!]];
    if (!file || !word) throw invalid(path, `record ${i + 1} has no path or no word`);
    const speaker = speakerColumn === undefined || row[speakerColumn] === '' ? undefined : row[speakerColumn];
    return {
      path: resolve(dirname(path), file),
      word,
      speaker,
      split: splitNamed(splitColumn && row[splitColumn], { path, record: i + 1 }),
    };
  });
}

function parseRows(path: string, text: string): z.infer<typeof RowsSchema> {
  try {
    return RowsSchema.parse(parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true }));
  } catch (cause) {
    throw new TrainerError('invalid_dataset', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function splitNamed(name: string | undefined, { path, record }: { path: string; record: number }): Split | undefined {
  if (!name) return undefined;
  const split = Object.hasOwn(SPLIT_NAMES, name.toLowerCase()) ? SPLIT_NAMES[name.toLowerCase()] : undefined;
  if (split === undefined) throw invalid(path, `record ${record} has the split "${name}"; there are training, validation, test`);
  return split;
}

function invalid(path: string, why: string): TrainerError {
  return new TrainerError('invalid_dataset', `${path}: ${why}`);
}
