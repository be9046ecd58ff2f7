/** The stream service's settings: defaults, and what the environment lays over them. */

import { availableParallelism, homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';

import { layered } from '#shared/config/layered.ts';
import type { EngineName } from '#shared/model/classifier.ts';

import { DAY_MS, FILE_SCHEME, SETTING_DEFAULTS, SETTINGS_SCHEMA, SHIPPED_MODEL } from './settings-table.ts';

/** What the service takes on, and how long it waits; `settings-table.ts` says what each does. */
export interface Limits {
  readonly maxConnections: number;
  readonly maxSessions: number;
  readonly maxSessionsPerAddress: number;
  readonly maxMessageBytes: number;
  readonly maxMessageParts: number;
  readonly maxFramesPerSecond: number;
  readonly maxJsonDepth: number;
  readonly burstMs: number;
  /** Times real time. */
  readonly maxSpeed: number;
  readonly maxQueuedAudioMs: number;
  readonly maxUnsentBytes: number;
  readonly startTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxSessionMs: number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** Share of one core. */
  readonly maxLoad: number;
  readonly maxLagMs: number;
  readonly maxUploads: number;
  readonly maxUploadBytes: number;
  readonly maxUploadMs: number;
  readonly maxHeaderBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly drainTimeoutMs: number;
}

/** Who may come in. */
export interface AccessSettings {
  readonly isOpen: boolean;
  readonly isLoopback: boolean;
  readonly tokens: string | undefined;
  readonly jwksFile: string | undefined;
  readonly jwtIssuer: string | undefined;
  readonly jwtAudience: string | undefined;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: number;
}

/** Which models are served, and where they come from. */
export interface ModelSettings {
  readonly source:
    | { readonly type: 'file'; readonly directory: string }
    | { readonly type: 'nats'; readonly url: string; readonly credentialsFile: string | undefined };
  /** The first is for sessions that ask for none. Without any, the one that lies in the directory, whatever it is called. */
  readonly names: readonly string[];
  /** Base64, see `shared/registry/signature.ts`. */
  readonly publicKeys: readonly string[];
  /** What this service is called in the registry; its processes share it. */
  readonly instanceName: string;
  /** Where fetched models are kept. */
  readonly cacheDirectory: string;
  /** The model that ships. */
  readonly shippedDirectory: string;
  /** What every model is tested with. */
  readonly clipsDirectory: string;
}

/** Where audio goes that clients give feedback on, and for how long. */
export interface FeedbackSettings {
  readonly directory: string;
  readonly maxClips: number;
  readonly retentionMs: number;
}

export interface StreamSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly models: ModelSettings;
  readonly engine: EngineName;
  readonly logLevel: string;
  /** Where OpenTelemetry spans are sent. */
  readonly traceEndpoint: string | undefined;
  readonly workers: number;
  /** Whether streams leave out windows of nothing but the background. */
  readonly skipsSilence: boolean;
  readonly limits: Limits;
  readonly access: AccessSettings;
  /** Absent where no audio is ever kept. */
  readonly feedback: FeedbackSettings | undefined;
  /** Where `npm run build` puts what it makes. */
  readonly buildDirectory: string;
}

type Values = ReturnType<typeof SETTINGS_SCHEMA.parse>;

/**
 * Reads the settings.
 *
 * @param environment - variables by name, as `process.env`
 * @param projectDirectory - where `models/` and `dist/` are
 * @throws {ConfigurationError} `invalid_configuration`
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>, projectDirectory: string): StreamSettings {
  const values = layered(SETTINGS_SCHEMA, [
    { name: 'defaults', values: { ...SETTING_DEFAULTS, ...defaultsHere(projectDirectory) } },
    { name: 'environment', values: environment },
  ]);
  return {
    host: values.HOST,
    port: values.PORT,
    models: modelsOf(values, projectDirectory),
    engine: values.ENGINE,
    logLevel: values.LOG_LEVEL,
    traceEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    workers: values.WORKERS,
    skipsSilence: values.SKIP_SILENCE === 'on',
    limits: limitsOf(values),
    access: accessOf(values),
    feedback: feedbackOf(values),
    buildDirectory: join(projectDirectory, 'dist'),
  };
}

function modelsOf(values: Values, projectDirectory: string): ModelSettings {
  const isFile = values.MODEL_SOURCE.startsWith(FILE_SCHEME);
  const names = listOf(values.MODEL_NAME);
  return {
    source: isFile
      ? { type: 'file', directory: resolve(values.MODEL_SOURCE.slice(FILE_SCHEME.length)) }
      : { type: 'nats', url: values.NATS_URL, credentialsFile: values.NATS_CREDENTIALS_FILE },
    names: isFile || names.length > 0 ? names : [SHIPPED_MODEL],
    publicKeys: listOf(values.MODEL_PUBLIC_KEYS),
    instanceName: values.INSTANCE_NAME.replaceAll(/[^A-Za-z0-9_-]/g, '-'),
    cacheDirectory: resolve(values.MODEL_CACHE),
    shippedDirectory: join(projectDirectory, 'models', 'default'),
    clipsDirectory: join(projectDirectory, 'models', 'self-test'),
  };
}

/** The defaults that depend on the machine. */
function defaultsHere(projectDirectory: string): Readonly<Record<string, string>> {
  return {
    MODEL_SOURCE: FILE_SCHEME + join(projectDirectory, 'models', 'default'),
    WORKERS: String(availableParallelism()),
    INSTANCE_NAME: hostname(),
    MODEL_CACHE: join(homedir(), '.cache', 'kws-service', 'models'),
  };
}

function limitsOf(values: Values): Limits {
  return {
    maxConnections: values.MAX_CONNECTIONS,
    maxSessions: values.MAX_SESSIONS,
    maxSessionsPerAddress: values.MAX_SESSIONS_PER_ADDRESS,
    maxMessageBytes: values.MAX_MESSAGE_BYTES,
    maxMessageParts: values.MAX_MESSAGE_PARTS,
    maxFramesPerSecond: values.MAX_FRAMES_PER_SECOND,
    maxJsonDepth: values.MAX_JSON_DEPTH,
    burstMs: values.AUDIO_BURST_MS,
    maxSpeed: values.AUDIO_MAX_SPEED,
    maxQueuedAudioMs: values.MAX_QUEUED_AUDIO_MS,
    maxUnsentBytes: values.MAX_UNSENT_BYTES,
    startTimeoutMs: values.START_TIMEOUT_MS,
    idleTimeoutMs: values.IDLE_TIMEOUT_MS,
    maxSessionMs: values.MAX_SESSION_MS,
    pingIntervalMs: values.PING_INTERVAL_MS,
    pingTimeoutMs: values.PING_TIMEOUT_MS,
    maxLoad: values.MAX_LOAD_PERCENT / 100,
    maxLagMs: values.MAX_LAG_MS,
    maxUploads: values.MAX_UPLOADS,
    maxUploadBytes: values.MAX_UPLOAD_BYTES,
    maxUploadMs: values.MAX_UPLOAD_MS,
    maxHeaderBytes: values.MAX_HEADER_BYTES,
    headersTimeoutMs: values.HEADERS_TIMEOUT_MS,
    requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
    drainTimeoutMs: values.DRAIN_TIMEOUT_MS,
  };
}

function accessOf(values: Values): AccessSettings {
  return {
    isOpen: values.KWS_AUTH === 'open',
    isLoopback: isLoopbackName(values.HOST),
    tokens: values.KWS_TOKENS,
    jwksFile: values.KWS_JWKS_FILE,
    jwtIssuer: values.KWS_JWT_ISSUER,
    jwtAudience: values.KWS_JWT_AUDIENCE,
    allowedOrigins: listOf(values.KWS_ALLOWED_ORIGINS),
    trustedProxies: values.TRUSTED_PROXIES,
  };
}

function feedbackOf({ FEEDBACK_INBOX, FEEDBACK_MAX_CLIPS, FEEDBACK_RETENTION_DAYS }: Values): FeedbackSettings | undefined {
  if (FEEDBACK_INBOX === undefined) return undefined;
  return { directory: resolve(FEEDBACK_INBOX), maxClips: FEEDBACK_MAX_CLIPS, retentionMs: FEEDBACK_RETENTION_DAYS * DAY_MS };
}

/** Whether a host, as in a URL or to listen on, can only be this machine. */
export function isLoopbackName(host: string): boolean {
  return /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

function listOf(text = ''): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
