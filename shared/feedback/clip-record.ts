/** A clip that somebody gave feedback on, as it lies in an inbox: a WAV file and a record beside it. The service writes them, the trainer reads them. */

import { z } from 'zod';

/** Readers refuse any other. */
export const CLIP_FORMAT_VERSION = 1;
/** The most audio that a clip holds, and that a session keeps for one. */
export const MAX_CLIP_SECONDS = 5;
/** How much is kept where `feedback` does not say. */
export const USUAL_CLIP_SECONDS = 3;
/** Below an inbox: of clips that are in a data set now, a file a session. */
export const ACCEPTED_FOLDER = 'accepted';
/** Below an inbox: of sessions whose clips are to leave the data set again, a file a session. */
export const FORGOTTEN_FOLDER = 'forgotten';

const SESSION = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A session's id, as `ready` tells it: safe as a part of a file's name. */
export const SessionIdSchema = z.string().regex(SESSION, 'expected the id of a session, as `ready` tells it');

const time = z.iso.datetime();

export const ClipRecordSchema = z.strictObject({
  formatVersion: z.literal(CLIP_FORMAT_VERSION),
  /** `<session>.<number>` */
  clip: z.string(),
  session: SessionIdSchema,
  /** Tells whose token it was from others; keyed, so that it does not tell the token or a name. */
  tenant: z.string(),
  kind: z.enum(['missed', 'false']),
  /** What was missed, or heard where it was not said. */
  keyword: z.string(),
  /** The model that was wrong. */
  model: z.object({ name: z.string(), version: z.string(), digest: z.string() }),
  /** Of the clip in its session, at 16 kHz. */
  startSample: z.int().min(0),
  endSample: z.int().min(0),
  /** Whoever spoke agreed. There are no clips of others. */
  consent: z.literal(true),
  keptAt: time,
  /** From then on nobody may use it. */
  expiresAt: time,
});
export type ClipRecord = z.infer<typeof ClipRecordSchema>;

export const AcceptedSessionSchema = z.strictObject({
  formatVersion: z.literal(CLIP_FORMAT_VERSION),
  session: SessionIdSchema,
  tenant: z.string(),
  /** How many clips of it are in the data set. */
  clips: z.int().min(1),
});
export type AcceptedSession = z.infer<typeof AcceptedSessionSchema>;

/** The file of a clip's sound. */
export function soundFile(clip: string): string {
  return `${clip}.wav`;
}

/** The file of a clip's record. A clip is there once this is. */
export function recordFile(clip: string): string {
  return `${clip}.json`;
}

/** The clip of a record's file; `undefined` of any other file. */
export function clipOfFile(file: string): string | undefined {
  const [, clip, session] = /^((.+)\.\d{1,4})\.json$/.exec(file) ?? [];
  return session !== undefined && SESSION.test(session) ? clip : undefined;
}
