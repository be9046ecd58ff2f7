/** A person's word on clips in an inbox: into the data set, or away; and sessions that are to be forgotten. */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { writeWav } from '#shared/audio/wav.ts';
import {
  ACCEPTED_FOLDER,
  CLIP_FORMAT_VERSION,
  FORGOTTEN_FOLDER,
  recordFile,
  SessionIdSchema,
  soundFile,
  type AcceptedSession,
  type ClipRecord,
} from '#shared/feedback/clip-record.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import { writeWhole } from '../../artefact-files.ts';
import { TrainerError } from '../../trainer-error.ts';
import { findWord, windowAround } from '../alignment/word-bounds.ts';
import { isLabelOfWord } from '../dataset/validate-clips.ts';
import { readRecording } from '../read-recording.ts';
import { FeedbackSet } from './feedback-set.ts';
import { listInbox, removeClip } from './inbox-clips.ts';

/** What was taken for a keyword and is none, where nobody says what it is: a word that no model has as keyword. */
export const OTHER_LABEL = 'other';
const WINDOW_SAMPLES = SAMPLE_RATE_HZ;

export interface ReviewPlace {
  readonly data: string;
  readonly inbox: string;
  readonly nowMs: number;
}

export interface AcceptOptions {
  /** What is said in it; the keyword that was missed, or `other`, where nobody says. */
  readonly label?: string | undefined;
  /** Where the second begins that is taken; around the word, where nobody says. */
  readonly startMs?: number | undefined;
}

/** A clip and where it went. */
export interface Accepted {
  readonly clip: string;
  readonly path: string;
}

/**
 * Takes clips into the data set: of each a second, around its word. The next lock holds them.
 *
 * @throws {TrainerError} `data_not_found`, `no_such_clip`, `invalid_label`, `unreadable_clip`
 */
export async function acceptClips(place: ReviewPlace, clips: readonly string[], options: AcceptOptions = {}): Promise<readonly Accepted[]> {
  await forgetNoted(place);
  const records = await namedClips(place, clips);
  const accepted: Accepted[] = [];
  for (const record of records) accepted.push(await acceptOne(place, record, options));
  return accepted;
}

/** Takes clips away. @throws {TrainerError} `data_not_found`, `no_such_clip` */
export async function dropClips(place: ReviewPlace, clips: readonly string[]): Promise<void> {
  for (const { clip } of await namedClips(place, clips)) await removeClip(place.inbox, clip);
}

/**
 * Removes all audio of a session, from the inbox and from the data set.
 *
 * @returns how many clips
 * @throws {TrainerError} `data_not_found`, `no_such_clip` if that is no session's id
 */
export async function forgetSession({ data, inbox, nowMs }: ReviewPlace, session: string): Promise<number> {
  if (!SessionIdSchema.safeParse(session).success) throw new TrainerError('no_such_clip', `${JSON.stringify(session)} is no session's id`);
  const waiting = (await listInbox(inbox, nowMs)).filter((record) => record.session === session);
  for (const { clip } of waiting) await removeClip(inbox, clip);
  for (const folder of [ACCEPTED_FOLDER, FORGOTTEN_FOLDER]) await rm(join(inbox, folder, recordFile(session)), { force: true });
  return waiting.length + (await new FeedbackSet(data).forget(session));
}

/** Removes from the data set what stream services were told to forget since. @returns how many clips */
export async function forgetNoted({ data, inbox }: Pick<ReviewPlace, 'data' | 'inbox'>): Promise<number> {
  const folder = join(inbox, FORGOTTEN_FOLDER);
  const noted = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json'));
  let forgotten = 0;
  for (const file of noted) {
    forgotten += await new FeedbackSet(data).forget(file.slice(0, -'.json'.length));
    await rm(join(folder, file), { force: true });
  }
  return forgotten;
}

/** Noted down before it is there, and away again if its session was forgotten meanwhile: no clip stays that nobody would find. */
async function acceptOne({ data, inbox }: ReviewPlace, record: ClipRecord, options: AcceptOptions): Promise<Accepted> {
  const { clip, session, tenant, kind, keyword } = record;
  const label = options.label ?? (kind === 'missed' ? keyword : OTHER_LABEL);
  if (!isLabelOfWord(label)) throw new TrainerError('invalid_label', `${JSON.stringify(label)} is no word: a-z, 0-9, parts joined by _`);
  const wav = writeWav(oneSecond(await readRecording(join(inbox, soundFile(clip))), options.startMs), SAMPLE_RATE_HZ);
  const set = new FeedbackSet(data);
  await noteAccepted(inbox, { formatVersion: CLIP_FORMAT_VERSION, session, tenant, clips: (await set.count(session)) + 1 });
  const path = await set.add(session, label, wav);
  if (await removeClip(inbox, clip)) return { clip, path };
  await rm(path);
  throw new TrainerError('no_such_clip', `${clip} was removed from the inbox meanwhile; it is not in the data set`);
}

async function noteAccepted(inbox: string, accepted: AcceptedSession): Promise<void> {
  await mkdir(join(inbox, ACCEPTED_FOLDER), { recursive: true, mode: 0o700 });
  await writeWhole(join(inbox, ACCEPTED_FOLDER, recordFile(accepted.session)), `${JSON.stringify(accepted)}\n`);
}

/** A clip of no more than a second stays as it is. */
function oneSecond(samples: Float32Array, startMs: number | undefined): Float32Array {
  if (samples.length <= WINDOW_SAMPLES) return samples;
  const last = { startSample: samples.length - WINDOW_SAMPLES, endSample: samples.length };
  const bounds = startMs === undefined ? findWord(samples) : undefined;
  const start =
    startMs === undefined ? windowAround(samples, bounds ?? last, WINDOW_SAMPLES).startSample : (startMs * SAMPLE_RATE_HZ) / 1000;
  const inside = Math.round(Math.min(Math.max(0, start), last.startSample));
  return samples.slice(inside, inside + WINDOW_SAMPLES);
}

async function namedClips({ inbox, nowMs }: ReviewPlace, clips: readonly string[]): Promise<readonly ClipRecord[]> {
  const records = new Map((await listInbox(inbox, nowMs)).map((record) => [record.clip, record]));
  return clips.map((clip) => {
    const record = records.get(clip);
    if (!record) throw new TrainerError('no_such_clip', `the inbox ${inbox} holds no clip ${JSON.stringify(clip)}`);
    return record;
  });
}
