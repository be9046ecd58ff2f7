/** Every setting of the stream service: its default, its unit, what it does. The one table that reads the environment and makes the docs. */

import { z } from 'zod';

import { wholeNumber } from '#shared/config/layered.ts';
import { MODEL_NAME_PATTERN } from '#shared/model/manifest.ts';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const FILE_SCHEME = 'file:';
/** The name of the model in `models/default`. */
export const SHIPPED_MODEL = 'commands';

/** A row of the table. */
interface Setting<Value> {
  readonly schema: z.ZodType<Value>;
  /** As the environment would have it; absent where the default depends on the machine. */
  readonly value?: string;
  readonly unit: string;
  readonly effect: string;
}

const anyText = z.string();
const optionalText = anyText.optional();
const hasModelNames = (text: string): boolean => {
  const names = text.split(',').map((name) => name.trim());
  return names.every((name) => MODEL_NAME_PATTERN.test(name)) && new Set(names).size === names.length;
};
const milliseconds = wholeNumber({ min: 1, max: 30 * DAY_MS });

export const SETTINGS = {
  HOST: { schema: anyText, value: '127.0.0.1', unit: 'address', effect: 'where to listen; see `KWS_AUTH` before leaving loopback' },
  PORT: { schema: wholeNumber({ min: 0, max: 65_535 }), value: '8080', unit: 'port', effect: 'where to listen; 0 takes any free one' },
  WORKERS: {
    schema: wholeNumber({ min: 1, max: 512 }),
    unit: 'processes',
    effect: 'how many share the port, each on a core of its own; all cores by default. Limits hold for each',
  },
  MODEL_SOURCE: {
    schema: anyText.regex(/^(file:.+|nats)$/, 'expected file:DIR or nats'),
    unit: '`file:DIR`, `nats`',
    effect: 'where models come from; the default is the one that ships, `models/default`. A folder is watched',
  },
  MODEL_NAME: {
    schema: anyText.refine(hasModelNames, 'expected names of models, separated by commas').optional(),
    unit: 'comma-separated list',
    effect: `the models to serve; the first is for sessions that ask for none. Of a folder, \`DIR/NAME\` each; of NATS, \`${SHIPPED_MODEL}\` by default`,
  },
  MODEL_PUBLIC_KEYS: {
    schema: optionalText,
    unit: 'comma-separated list of base64',
    effect: 'Ed25519 keys: with any, only models that one of them signed are put in force',
  },
  MODEL_CACHE: {
    schema: anyText,
    unit: 'path',
    effect: 'where models from NATS are kept, for a start without it; `~/.cache/kws-service/models`',
  },
  NATS_URL: {
    schema: anyText,
    value: 'nats://127.0.0.1:4222',
    unit: 'comma-separated list of URLs',
    effect: 'the servers of NATS; `user:password@` or `token@` before the host, `tls://` for TLS',
  },
  NATS_CREDENTIALS_FILE: { schema: optionalText, unit: 'path', effect: 'a credentials file for NATS, as `nsc` writes it' },
  INSTANCE_NAME: {
    schema: anyText.min(1).max(64),
    unit: 'name',
    effect:
      'what this service is called in the status it reports to NATS; the host’s name by default. Each process adds a few letters of its own',
  },
  ENGINE: { schema: z.enum(['kernel', 'reference', 'tfjs']), value: 'kernel', unit: 'name', effect: 'what runs the model' },
  LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    value: 'info',
    unit: 'level',
    effect: 'the least that is logged',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: z.url({ protocol: /^https?$/, error: 'expected a URL of http or https' }).optional(),
    unit: 'URL',
    effect:
      'a collector that takes OpenTelemetry spans of sessions and uploads over HTTP, such as `http://127.0.0.1:4318`; none by default',
  },
  MAX_CONNECTIONS: {
    schema: wholeNumber({ min: 1, max: 1_000_000 }),
    value: '20000',
    unit: 'connections a process',
    effect: 'one more, of a session or a request, is dropped at once (`too_many_connections` among the metrics)',
  },
  MAX_SESSIONS: {
    schema: wholeNumber({ min: 1, max: 100_000 }),
    value: '1000',
    unit: 'sessions a process',
    effect: 'one more is closed with 1013 `no_capacity`',
  },
  MAX_SESSIONS_PER_ADDRESS: {
    schema: wholeNumber({ min: 1, max: 100_000 }),
    value: '100',
    unit: 'sessions a process',
    effect: 'one more from the same IPv4 address or IPv6 /64 is closed with 1013 `too_many_sessions`',
  },
  TRUSTED_PROXIES: {
    schema: wholeNumber({ min: 0, max: 10 }),
    value: '0',
    unit: 'proxies',
    effect: 'how many proxies stand before the service: the client is that many entries from the end of `X-Forwarded-For`',
  },
  MAX_MESSAGE_BYTES: {
    schema: wholeNumber({ min: KIBIBYTE, max: MEBIBYTE }),
    value: String(64 * KIBIBYTE),
    unit: 'bytes',
    effect: 'a longer frame, text or audio, is closed with 1009 `message_too_big`',
  },
  MAX_MESSAGE_PARTS: {
    schema: wholeNumber({ min: 16, max: 16_384 }),
    value: '1024',
    unit: 'frames, or pieces of one',
    effect: 'a message in more frames, or a frame that comes in more pieces, is closed with 1008 (`too_many_parts` among the metrics)',
  },
  MAX_FRAMES_PER_SECOND: {
    schema: wholeNumber({ min: 1, max: 1_000_000 }),
    value: '1000',
    unit: 'frames a second',
    effect:
      'messages, audio and pings that keep coming more often are closed with 4429 `too_many_frames`; ten seconds’ worth may come at once',
  },
  MAX_JSON_DEPTH: {
    schema: wholeNumber({ min: 2, max: 100 }),
    value: '8',
    unit: 'brackets',
    effect: 'a message nested deeper is closed with 1007 `json_too_deep`',
  },
  AUDIO_BURST_MS: {
    schema: milliseconds,
    value: String(MINUTE_MS),
    unit: 'ms of audio',
    effect: 'how much audio may come at once, ahead of `AUDIO_MAX_SPEED`',
  },
  AUDIO_MAX_SPEED: {
    schema: wholeNumber({ min: 1, max: 1000 }),
    value: '8',
    unit: 'times real time',
    effect: 'audio that keeps coming faster is closed with 4429 `too_fast`, after a `too_fast` warning; a token may allow more',
  },
  MAX_QUEUED_AUDIO_MS: {
    schema: milliseconds,
    value: '3000',
    unit: 'ms of audio',
    effect:
      'audio a session may have waiting; the oldest is dropped (`audio_dropped`) if the service is behind, the socket waits if the client is ahead',
  },
  MAX_UNSENT_BYTES: {
    schema: wholeNumber({ min: KIBIBYTE, max: 64 * MEBIBYTE }),
    value: String(256 * KIBIBYTE),
    unit: 'bytes',
    effect:
      'what may lie unsent for a slow reader: from a quarter on its posteriors are left out, beyond it is closed with 1008 `slow_reader`',
  },
  START_TIMEOUT_MS: {
    schema: milliseconds,
    value: '10000',
    unit: 'ms',
    effect: 'from the socket’s opening to `start`; then 4408 `start_timeout`',
  },
  IDLE_TIMEOUT_MS: { schema: milliseconds, value: String(MINUTE_MS), unit: 'ms', effect: 'between two messages; then 4408 `idle_timeout`' },
  MAX_SESSION_MS: {
    schema: milliseconds,
    value: String(DAY_MS),
    unit: 'ms',
    effect: 'a session’s age: then `goaway`, and half a minute later 1001 `session_expired`',
  },
  PING_INTERVAL_MS: { schema: milliseconds, value: '20000', unit: 'ms', effect: 'how often a quiet socket is pinged' },
  PING_TIMEOUT_MS: {
    schema: milliseconds,
    value: String(MINUTE_MS),
    unit: 'ms',
    effect: 'a socket from which nothing came for so long, not even a pong, is cut off',
  },
  MAX_LOAD_PERCENT: {
    schema: wholeNumber({ min: 1, max: 100_000 }),
    value: '75',
    unit: '% of a core',
    effect: 'what live sessions may need of a process, as measured; a session beyond is closed with 1013 `overloaded`',
  },
  MAX_LAG_MS: {
    schema: milliseconds,
    value: '200',
    unit: 'ms',
    effect: 'audio waiting longer than this of late makes new sessions be refused with 1013 `overloaded`',
  },
  SKIP_SILENCE: {
    schema: z.enum(['off', 'on']),
    value: 'off',
    unit: '`off`, `on`',
    effect:
      '`on`: in streams, windows of nothing but a steady background are not scored, and their posteriors say silence; a word is scored with what came before it',
  },
  MAX_UPLOADS: {
    schema: wholeNumber({ min: 1, max: 1000 }),
    value: '4',
    unit: 'uploads a process',
    effect: 'one more is answered 503 `no_capacity`',
  },
  MAX_UPLOAD_BYTES: {
    schema: wholeNumber({ min: 1, max: 16 * 1024 * MEBIBYTE }),
    value: String(1024 * MEBIBYTE),
    unit: 'bytes',
    effect: 'a larger upload is answered 413 `upload_too_large`',
  },
  MAX_UPLOAD_MS: {
    schema: milliseconds,
    value: String(4 * HOUR_MS),
    unit: 'ms of audio',
    effect: 'a longer recording is answered 413 `upload_too_long`',
  },
  MAX_HEADER_BYTES: {
    schema: wholeNumber({ min: KIBIBYTE, max: MEBIBYTE }),
    value: String(16 * KIBIBYTE),
    unit: 'bytes',
    effect: 'a request with longer headers, a handshake too, is answered 431 `headers_too_large`',
  },
  HEADERS_TIMEOUT_MS: { schema: milliseconds, value: '10000', unit: 'ms', effect: 'for a request’s headers, of a handshake too; then 408' },
  REQUEST_TIMEOUT_MS: { schema: milliseconds, value: String(10 * MINUTE_MS), unit: 'ms', effect: 'for a whole request; then 408' },
  DRAIN_TIMEOUT_MS: {
    schema: wholeNumber({ min: 0, max: DAY_MS }),
    value: '5000',
    unit: 'ms',
    effect: 'how long sessions may go on after SIGTERM; `goaway` is spread over the first half',
  },
  FEEDBACK_INBOX: {
    schema: anyText.min(1).optional(),
    unit: 'path',
    effect:
      'a folder for audio that clients send feedback on, such as `DATA/inbox`; none by default, and then no audio is kept. Only of sessions with a token and `feedback: true` in `start`',
  },
  FEEDBACK_MAX_CLIPS: {
    schema: wholeNumber({ min: 1, max: 100_000 }),
    value: '1000',
    unit: 'clips of at most 160 kB',
    effect: 'what the inbox may hold; of a clip beyond, the client is told `feedback_not_kept`',
  },
  FEEDBACK_RETENTION_DAYS: {
    schema: wholeNumber({ min: 1, max: 3650 }),
    value: '30',
    unit: 'days',
    effect: 'how long a clip may lie in the inbox; then it is removed',
  },
  KWS_AUTH: {
    schema: z.enum(['auto', 'open']),
    value: 'auto',
    unit: '`auto`, `open`',
    effect:
      '`auto`: a token is needed if any are configured; without, anyone may come in on loopback and nobody elsewhere. `open`: anyone anywhere',
  },
  KWS_TOKENS: {
    schema: optionalText,
    unit: 'comma-separated list',
    effect: 'tokens that may come in; `TOKEN;speed=N` may stream N times real time',
  },
  KWS_JWKS_FILE: {
    schema: optionalText,
    unit: 'path',
    effect: 'a JSON Web Key Set; JWTs signed by its keys may come in, at most until `exp`',
  },
  KWS_JWT_ISSUER: { schema: optionalText, unit: 'text', effect: 'the `iss` a JWT must have' },
  KWS_JWT_AUDIENCE: { schema: optionalText, unit: 'text', effect: 'the `aud` a JWT must have' },
  KWS_ALLOWED_ORIGINS: {
    schema: optionalText,
    unit: 'comma-separated list, or `*`',
    effect:
      'pages that may come in; by default those of the service itself, and on loopback those of loopback. What is no browser sends no origin',
  },
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;

type Shape = { readonly [Name in SettingName]: (typeof SETTINGS)[Name]['schema'] };

/** What the environment is checked with. */
export const SETTINGS_SCHEMA = z.object(mapSettings(({ schema }) => schema) as unknown as Shape);

/** The defaults that do not depend on the machine. */
export const SETTING_DEFAULTS = mapSettings(({ value }) => value);

function mapSettings<Result>(map: (setting: Setting<unknown>) => Result): Record<string, Result> {
  return Object.fromEntries(Object.entries<Setting<unknown>>(SETTINGS).map(([name, setting]) => [name, map(setting)]));
}

/** The table as Markdown, as `docs/settings.md` has it. */
export function settingsMarkdown(): string {
  const rows = Object.entries<Setting<unknown>>(SETTINGS).map(
    ([name, { value, unit, effect }]) => `| \`${name}\` | ${unit} | ${value === undefined ? '' : `\`${value}\``} | ${effect} |`,
  );
  return [
    '# Settings of the stream service',
    '',
    'Environment variables. A value that does not fit keeps the service from starting, with a sentence that names it.',
    '',
    '| name | unit | default | effect |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
