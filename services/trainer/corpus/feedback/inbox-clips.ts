/** What lies in an inbox: the clips that stream services kept, as long as they may be used. */

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { clipOfFile, ClipRecordSchema, recordFile, soundFile, type ClipRecord } from '#shared/feedback/clip-record.ts';

import { TrainerError } from '../../trainer-error.ts';

/** Of a data folder, where no other is named. */
export const INBOX_FOLDER = 'inbox';

/** The clips, oldest first; those whose time is over are removed. @throws {TrainerError} `data_not_found`, `invalid_inbox` */
export async function listInbox(inbox: string, nowMs: number): Promise<readonly ClipRecord[]> {
  const files = await readdir(inbox).catch((cause: unknown) => {
    throw new TrainerError('data_not_found', `there is no inbox ${inbox}: name the folder of FEEDBACK_INBOX with --inbox`, { cause });
  });
  const clips = files.map(clipOfFile).filter((clip) => clip !== undefined);
  const records = await Promise.all(clips.map((clip) => readRecord(inbox, clip)));
  const known = records.filter((record) => record !== undefined);
  const expired = known.filter(({ expiresAt }) => Date.parse(expiresAt) <= nowMs);
  for (const { clip } of expired) await removeClip(inbox, clip);
  return known.filter((record) => !expired.includes(record)).sort((a, b) => a.keptAt.localeCompare(b.keptAt));
}

/** Takes a clip out of the inbox. @returns whether it was still there */
export async function removeClip(inbox: string, clip: string): Promise<boolean> {
  const wasThere = await rm(join(inbox, recordFile(clip))).then(
    () => true,
    () => false,
  );
  await rm(join(inbox, soundFile(clip)), { force: true });
  return wasThere;
}

/** @returns nothing if it was removed meanwhile */
async function readRecord(inbox: string, clip: string): Promise<ClipRecord | undefined> {
  const path = join(inbox, recordFile(clip));
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record = ClipRecordSchema.safeParse(parseJson(text));
  if (record.success && record.data.clip === clip) return record.data;
  throw new TrainerError('invalid_inbox', `${path} is no record of a clip, or one of another version of the service`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
