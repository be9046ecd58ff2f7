/** A data set by its content: what each recording is, and the digest that names them all. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import { writeWhole } from '../../artefact-files.ts';
import { TrainerError } from '../../trainer-error.ts';

/** Lies in the data folder, as a rule. */
export const LOCK_FILE = 'dataset.lock.json';
const FORMAT_VERSION = 1;
/** Enough of the digest for a name. */
const VERSION_CHARACTERS = 12;

const LockedClipSchema = z.strictObject({
  /** Relative to the data folder, with `/`. */
  path: z.string(),
  /** Of the file, lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0),
  /** The word; `_speech_`, `_noise_` and `_impulse_response_` for long recordings. */
  label: z.string(),
  speaker: z.string(),
  split: z.enum(['training', 'validation', 'test']),
  licence: z.string(),
});

const LockedSourceSchema = z.strictObject({
  /** Relative to the data folder. */
  folder: z.string(),
  licence: z.string(),
  origin: z.string().optional(),
});

const LockSchema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  name: z.string(),
  version: z.string(),
  digest: z.string(),
  /** What the source.yaml of folders says; no part of the digest, which holds the licence of each clip. Older locks have none. */
  sources: z.array(LockedSourceSchema).optional(),
  clips: z.array(LockedClipSchema),
});

export type LockedClip = z.infer<typeof LockedClipSchema>;
export type LockedSource = z.infer<typeof LockedSourceSchema>;
export type DatasetLock = z.infer<typeof LockSchema>;

/** Names clips by their content; the order does not matter. */
export function createLock(name: string, clips: readonly LockedClip[], sources: readonly LockedSource[] = []): DatasetLock {
  const sorted = [...clips].sort((a, b) => (a.path < b.path ? -1 : 1));
  const digest = digestOf(sorted);
  const version = digest.slice(0, VERSION_CHARACTERS);
  return { formatVersion: FORMAT_VERSION, name, version, digest, sources: [...sources], clips: sorted };
}

/** Writes a lock, a line a clip, so that versions can be compared by any tool. */
export async function writeLock(path: string, { clips, ...head }: DatasetLock): Promise<void> {
  const lines = clips.map((clip) => `    ${JSON.stringify(clip)}`).join(',\n');
  const text = `${JSON.stringify(head, undefined, 2).slice(0, -2)},\n  "clips": [\n${lines}\n  ]\n}\n`;
  await writeWhole(path, text);
}

/** @throws {TrainerError} `data_not_found`, `invalid_lock` */
export async function readLock(path: string): Promise<DatasetLock> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TrainerError('data_not_found', `${path} cannot be read: make it with \`trainer data lock\``, { cause });
  });
  const parsed = LockSchema.safeParse(parseJson(text));
  if (!parsed.success)
    throw new TrainerError('invalid_lock', `${path} is no lock of format ${FORMAT_VERSION}: ${z.prettifyError(parsed.error)}`);
  const expected = digestOf(parsed.data.clips);
  if (expected !== parsed.data.digest) {
    throw new TrainerError(
      'invalid_lock',
      `${path} was changed by hand: its clips have the digest ${expected}, it says ${parsed.data.digest}`,
    );
  }
  return parsed.data;
}

/** SHA-256 over what each clip is, in the order of the paths. */
function digestOf(clips: readonly LockedClip[]): string {
  const hash = createHash('sha256');
  for (const { path, sha256, label, speaker, split, licence } of clips)
    hash.update(`${JSON.stringify([path, sha256, label, speaker, split, licence])}\n`);
  return hash.digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
