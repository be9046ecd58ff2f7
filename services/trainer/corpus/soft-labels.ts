/** What a teacher says of training clips, for a student to learn beside the labels (Hinton et al., 2015, https://arxiv.org/abs/1503.02531). */

import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { parse } from 'csv-parse';
import { z } from 'zod';

import { TrainerError } from '../trainer-error.ts';
import type { Clip } from './corpus.ts';

/** The column that names a clip by its path below the folder of data, with slashes; every other column is a label. */
export const CLIP_COLUMN = 'clip';

/** Posteriors of a teacher, and how much they count. */
export interface SoftLabels {
  /** `[clips, labels]`; a row of zeros where the teacher says nothing */
  readonly posteriors: Float32Array<ArrayBuffer>;
  /** The share of the teacher in the target; the rest is the label's. */
  readonly weight: number;
}

const RowSchema = z.record(z.string(), z.string());

/**
 * Reads posteriors of clips from a CSV file: `clip,<label>,<label>…`, such as `trainer teach` writes. A label without a column has no posterior;
 * rows of clips that are not asked for are left aside.
 *
 * @returns `[clips, labels]`, each row with the sum 1, or zeros where the file has none
 * @throws {TrainerError} `data_not_found`, `invalid_dataset`
 */
export async function readSoftLabels(
  file: string,
  { clips, labels, directory }: { clips: readonly Clip[]; labels: readonly string[]; directory: string },
): Promise<Float32Array<ArrayBuffer>> {
  await access(file).catch((cause: unknown) => {
    throw new TrainerError('data_not_found', `${file} is not there: make soft labels with trainer teach`, { cause });
  });
  const rowOf = new Map(clips.map(({ path }, i) => [clipName(path, directory), i]));
  const posteriors = new Float32Array(clips.length * labels.length);
  let found = 0;
  const take = (record: unknown): void => {
    const row = RowSchema.parse(record);
    const clip = rowOf.get(row[CLIP_COLUMN]!);
    if (clip === undefined) return;
    const values = labels.map((label) => Number(row[label] ?? 0));
    const sum = values.reduce((a, b) => a + b, 0);
    if (!(sum > 0) || values.some((value) => !(value >= 0)))
      throw new TrainerError('invalid_dataset', `${file}: the posteriors of ${row[CLIP_COLUMN]} are no probabilities`);
    posteriors.set(
      values.map((value) => value / sum),
      clip * labels.length,
    );
    found++;
  };
  try {
    const rows = parse({ columns: (columns: string[]) => assertColumns(file, { columns, labels }), trim: true });
    await pipeline(createReadStream(file), rows, async (records: AsyncIterable<unknown>) => {
      for await (const record of records) take(record);
    });
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    throw new TrainerError('invalid_dataset', `${file} is no CSV: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (found === 0) throw new TrainerError('invalid_dataset', `${file} has no clip of ${directory}`);
  return posteriors;
}

/** How a clip is named in a file of soft labels. */
export function clipName(path: string, directory: string): string {
  return relative(directory, path).split(sep).join('/');
}

/** @returns the columns */
function assertColumns(file: string, { columns, labels }: { columns: string[]; labels: readonly string[] }): string[] {
  if (!columns.includes(CLIP_COLUMN)) throw new TrainerError('invalid_dataset', `${file} has no column '${CLIP_COLUMN}'`);
  const strangers = columns.filter((column) => column !== CLIP_COLUMN && !labels.includes(column));
  if (strangers.length > 0) throw new TrainerError('invalid_dataset', `${file} has labels that are not trained: ${strangers.join(', ')}`);
  return columns;
}

/**
 * The target of an example: its label, mixed with what the teacher says of its clip.
 *
 * @param into - `[labels]`, zeros
 */
export function writeTarget(
  into: Float32Array,
  label: number,
  { softLabels, clip }: { softLabels: SoftLabels | undefined; clip: number | undefined },
): void {
  into[label] = 1;
  if (!softLabels || clip === undefined) return;
  const { posteriors, weight } = softLabels;
  const taught = posteriors.subarray(clip * into.length, (clip + 1) * into.length);
  if (!taught.some((value) => value > 0)) return;
  into[label] = 1 - weight;
  taught.forEach((value, i) => (into[i]! += weight * value));
}
