/** Every route of the service: what it takes, and all it may answer. */

import { z } from 'zod';

import { ManifestSchema } from '#shared/model/manifest.ts';
import {
  DETECT_PATH,
  DetectAnswerSchema,
  DetectedEventSchema,
  FEEDBACK_PATH,
  FeedbackRemovedSchema,
  MODEL_PATH,
  MODELS_PATH,
  ModelsAnswerSchema,
  ModelSummarySchema,
  ProblemSchema,
  STREAM_PATH,
} from '#shared/protocol/messages.ts';

import { ForgetQuerySchema } from '../feedback/forget-route.ts';
import { DetectQuerySchema } from '../http/detect-query.ts';

export const OPENAPI_PATH = '/openapi.json';
export const ASYNCAPI_PATH = '/asyncapi.yaml';
export const DOCS_PATH = '/docs';

export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodObject;
  /** Media types of the body, with the name of the form's file where it is a form. */
  readonly body?: Readonly<Record<string, { readonly formFile?: string }>>;
  /** When all is well: the media type, and the schema by its name in `SCHEMAS` where it is JSON. */
  /** Whether it wants a token wherever one is configured. */
  readonly wantsToken?: boolean;
  readonly answer?: { readonly type: string; readonly schema?: keyof typeof SCHEMAS };
  /** The codes of its own problems. */
  readonly problems: readonly string[];
}

/** What any request may be answered, before and after its route. */
export const PROBLEMS_OF_ALL = ['malformed_request', 'headers_too_large', 'request_timeout', 'internal_error'] as const;

const HealthSchema = z.object({ status: z.literal('ok') });
const ReadinessSchema = z.object({
  status: z.literal('ready'),
  models: z.array(z.object({ name: z.string(), version: z.string(), origin: z.string() })),
});

/** By the names that the documents give them. */
export const SCHEMAS = {
  DetectAnswer: DetectAnswerSchema,
  DetectedEvent: DetectedEventSchema,
  FeedbackRemoved: FeedbackRemovedSchema,
  Health: HealthSchema,
  Manifest: ManifestSchema,
  Models: ModelsAnswerSchema,
  ModelSummary: ModelSummarySchema,
  Problem: ProblemSchema,
  Readiness: ReadinessSchema,
} as const satisfies Record<string, z.ZodType>;

const PROBLEMS_OF_DOOR = ['origin_not_allowed'];
const PROBLEMS_OF_WAV = [
  'not_wav',
  'unsupported_wav_encoding',
  'unsupported_channels',
  'unsupported_sample_rate',
  'invalid_wav_header',
  'truncated_wav',
  'empty_wav',
];

export const ROUTES: readonly Route[] = [
  {
    method: 'post',
    path: DETECT_PATH,
    summary: 'Finds the keywords of a recording',
    description:
      'Takes a WAV file (PCM of 8, 16, 24 or 32 bits or float of 32 or 64; 8 to 48 kHz; up to 8 channels), as the body or as a field of a ' +
      'form, of any length that the service allows: it is heard while it comes in. A recording shorter than a window is heard amid ' +
      'silence. `keyword` is the top label of the window in which a keyword scores highest; `events` is the detector’s timeline.',
    query: DetectQuerySchema,
    wantsToken: true,
    body: { 'audio/wav': {}, 'application/octet-stream': {}, 'multipart/form-data': { formFile: 'file' } },
    answer: { type: 'application/json', schema: 'DetectAnswer' },
    problems: [
      ...[
        'invalid_query',
        'unknown_model',
        'unauthorized',
        ...PROBLEMS_OF_DOOR,
        'unsupported_media_type',
        'malformed_form',
        'missing_file',
      ],
      ...['upload_too_large', 'upload_too_long', 'too_many_events', ...PROBLEMS_OF_WAV, 'no_capacity', 'kernel_out_of_memory'],
    ],
  },
  {
    method: 'delete',
    path: FEEDBACK_PATH,
    summary: 'Forgets the audio of a session',
    description:
      'Removes every clip that was kept of a session’s feedback. It needs the token of the session, or another of the same subject. ' +
      'Clips that were taken into a data set (`pending`) leave it with its next version.',
    query: ForgetQuerySchema,
    wantsToken: true,
    answer: { type: 'application/json', schema: 'FeedbackRemoved' },
    problems: ['invalid_query', 'unauthorized', 'feedback_off', ...PROBLEMS_OF_DOOR],
  },
  {
    method: 'get',
    path: MODEL_PATH,
    summary: 'The manifest of a model',
    query: z.object({ name: z.string().optional().describe('One of several that the service serves; the first of them when absent.') }),
    answer: { type: 'application/json', schema: 'Manifest' },
    problems: ['unknown_model', ...PROBLEMS_OF_DOOR],
  },
  {
    method: 'get',
    path: MODELS_PATH,
    summary: 'The models that the service serves',
    answer: { type: 'application/json', schema: 'Models' },
    problems: PROBLEMS_OF_DOOR,
  },
  {
    method: 'get',
    path: STREAM_PATH,
    summary: 'Audio in, keywords out, over a WebSocket',
    description: `A WebSocket, described in \`${ASYNCAPI_PATH}\`. A request that is no upgrade is told so.`,
    problems: ['upgrade_required', 'not_ready', ...PROBLEMS_OF_DOOR],
  },
  {
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process lives',
    answer: { type: 'application/json', schema: 'Health' },
    problems: [],
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether it takes sessions',
    answer: { type: 'application/json', schema: 'Readiness' },
    problems: ['not_ready'],
  },
  { method: 'get', path: '/metrics', summary: 'What it has counted, for Prometheus', answer: { type: 'text/plain' }, problems: [] },
  { method: 'get', path: OPENAPI_PATH, summary: 'This description', answer: { type: 'application/json' }, problems: [] },
  { method: 'get', path: ASYNCAPI_PATH, summary: 'The description of the WebSocket', answer: { type: 'application/yaml' }, problems: [] },
  { method: 'get', path: DOCS_PATH, summary: 'Both descriptions, to read', answer: { type: 'text/html' }, problems: [] },
  { method: 'get', path: '/', summary: 'The web client', answer: { type: 'text/html' }, problems: ['page_not_built'] },
];
