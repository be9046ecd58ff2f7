/** The messages of wire protocol 1, as schemas: what validates them is what documents them. */

import { z } from 'zod';

export const PROTOCOL_VERSION = 1;
export const SUBPROTOCOL = 'kws.v1';
export const STREAM_PATH = '/v1/stream';
export const MODEL_PATH = '/v1/model';
export const MODELS_PATH = '/v1/models';
export const DETECT_PATH = '/v1/detect';
export const FEEDBACK_PATH = '/v1/feedback';
/** The largest binary frame, and the largest text frame, in bytes. */
export const MAX_FRAME_BYTES = 64 * 1024;

const score = z.number().min(0).max(1);
const samples = z.int().min(0);

const knobs = {
  /** The keywords to report; all of the model's when absent. */
  keywords: z.array(z.string().max(64)).min(1).max(512).optional(),
  /** One for all, or one a keyword. */
  threshold: z.union([score, z.record(z.string().max(64), score)]).optional(),
  /** Windows in a row at or above the threshold. */
  patience: z.int().min(1).max(50).optional(),
  refractoryMs: z.number().min(0).max(60_000).optional(),
  /** Whether every window's posteriors are sent. */
  posteriors: z.boolean().optional(),
};

export const StartSchema = z.strictObject({
  type: z.literal('start'),
  sampleRate: z.int().min(8000).max(48_000),
  encoding: z.enum(['pcm_s16le', 'pcm_f32le']),
  channels: z.union([z.literal(1), z.literal(2)]),
  /** One of several that the service serves; the first of them when absent. */
  model: z.string().max(64).optional(),
  ...knobs,
  /** Whether the speaker agrees that audio which `feedback` names is kept, listened to and learnt from. */
  feedback: z.boolean().optional(),
  token: z.string().max(8192).optional(),
  metadata: z.record(z.string().max(64), z.string().max(1024)).optional(),
});
export const ConfigureSchema = z.strictObject({ type: z.literal('configure'), ...knobs });
export const StopSchema = z.strictObject({ type: z.literal('stop') });
/** The service was wrong: a keyword was `missed`, or heard where there was none. */
export const FeedbackSchema = z.strictObject({
  type: z.literal('feedback'),
  kind: z.enum(['missed', 'false']),
  keyword: z.string().max(64),
  /** What to keep, at most 5 seconds; up to now, and 3 seconds long, when absent. */
  startSample: samples.optional(),
  endSample: samples.optional(),
});
export const ClientMessageSchema = z.discriminatedUnion('type', [StartSchema, ConfigureSchema, FeedbackSchema, StopSchema]);

export type Start = z.infer<typeof StartSchema>;
export type Configure = z.infer<typeof ConfigureSchema>;
export type Feedback = z.infer<typeof FeedbackSchema>;
export type ClientMessage = z.infer<typeof ClientMessageSchema>;

export const ModelSummarySchema = z.object({
  name: z.string(),
  version: z.string(),
  digest: z.string(),
  labels: z.array(z.string()),
  keywords: z.array(z.string()),
});
const stream = { model: ModelSummarySchema, windowSamples: samples, strideSamples: samples };

export const KeywordSchema = z.object({
  type: z.literal('keyword'),
  keyword: z.string(),
  score,
  startMs: z.number(),
  endMs: z.number(),
  startSample: samples,
  endSample: samples,
  /** The version of the model that heard it. */
  model: z.string(),
  /** Counts this session's keyword messages from 0. */
  sequence: z.int().min(0),
});

export const ServerMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    session: z.string(),
    protocol: z.int(),
    ...stream,
    /** Whether audio that `feedback` names is kept; never without the consent of `start`. */
    feedback: z.boolean().optional(),
  }),
  KeywordSchema,
  z.object({ type: z.literal('posteriors'), endSample: samples, values: z.array(score) }),
  /** Windows that end after `fromSample` are this model's. */
  z.object({ type: z.literal('model'), fromSample: samples, ...stream }),
  z.object({ type: z.literal('warning'), code: z.string(), message: z.string(), samples: samples.optional() }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
  /** The audio of a `feedback` was kept, under this name. */
  z.object({ type: z.literal('kept'), clip: z.string() }),
  z.object({ type: z.literal('end'), samples, windows: z.int().min(0), keywords: z.int().min(0) }),
  z.object({ type: z.literal('goaway'), reconnectAfterMs: z.number().min(0) }),
]);

export type ModelSummary = z.infer<typeof ModelSummarySchema>;
export type KeywordMessage = z.infer<typeof KeywordSchema>;
export type ServerMessage = z.infer<typeof ServerMessageSchema>;

/** The answer of `GET /v1/models`; the first is for those who ask for none. */
export const ModelsAnswerSchema = z.object({
  models: z.array(z.object({ name: z.string(), model: ModelSummarySchema })),
});
export type ModelsAnswer = z.infer<typeof ModelsAnswerSchema>;

/** An event on an upload's timeline: a keyword message without its envelope. */
export const DetectedEventSchema = KeywordSchema.omit({ type: true });
export type DetectedEvent = z.infer<typeof DetectedEventSchema>;

/** The answer of `POST /v1/detect`. */
export const DetectAnswerSchema = z.object({
  keyword: z.string(),
  probability: score,
  top: z.array(z.object({ label: z.string(), probability: score })),
  durationMs: z.number(),
  events: z.array(DetectedEventSchema),
  model: ModelSummarySchema,
});
export type DetectAnswer = z.infer<typeof DetectAnswerSchema>;

/** The answer of `DELETE /v1/feedback?session=`. */
export const FeedbackRemovedSchema = z.object({
  session: z.string(),
  /** Clips that are gone. */
  removed: z.int().min(0),
  /** Clips that were taken into a data set; its next version is without them. */
  pending: z.int().min(0),
});
export type FeedbackRemoved = z.infer<typeof FeedbackRemovedSchema>;

/** RFC 9457, with our stable `code`. */
export const ProblemSchema = z.object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string(), code: z.string() });
export type Problem = z.infer<typeof ProblemSchema>;
