/** The stream service's settings: defaults, and what the environment lays over them. */

import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

import { layered } from '#shared/config/layered.ts';
import type { EngineName } from '#shared/model/classifier.ts';

import { FILE_SCHEME, SETTING_DEFAULTS, SETTINGS_SCHEMA } from './settings-table.ts';

/** What the service takes on, and how long it waits; `settings-table.ts` says what each does. */
export interface Limits {
  readonly maxSessions: number;
  readonly maxSessionsPerAddress: number;
  readonly maxMessageBytes: number;
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

export interface StreamSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly modelSource: { readonly type: 'file'; readonly directory: string };
  readonly engine: EngineName;
  readonly logLevel: string;
  readonly workers: number;
  readonly limits: Limits;
  readonly access: AccessSettings;
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
    modelSource: { type: 'file', directory: resolve(values.MODEL_SOURCE.slice(FILE_SCHEME.length)) },
    engine: values.ENGINE,
    logLevel: values.LOG_LEVEL,
    workers: values.WORKERS,
    limits: limitsOf(values),
    access: accessOf(values),
    buildDirectory: join(projectDirectory, 'dist'),
  };
}

/** The defaults that depend on the machine. */
function defaultsHere(projectDirectory: string): Readonly<Record<string, string>> {
  return {
    MODEL_SOURCE: FILE_SCHEME + join(projectDirectory, 'models', 'default'),
    WORKERS: String(availableParallelism()),
  };
}

function limitsOf(values: Values): Limits {
  return {
    maxSessions: values.MAX_SESSIONS,
    maxSessionsPerAddress: values.MAX_SESSIONS_PER_ADDRESS,
    maxMessageBytes: values.MAX_MESSAGE_BYTES,
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
