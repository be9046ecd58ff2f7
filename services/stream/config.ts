/** The stream service's settings: defaults, and what the environment lays over them. */

import { join, resolve } from 'node:path';

import { z } from 'zod';

import { layered, wholeNumber } from '#shared/config/layered.ts';
import type { EngineName } from '#shared/model/classifier.ts';

const MEBIBYTE = 1024 * 1024;
const DAY_MS = 86_400_000;
const FILE_SCHEME = 'file:';

/** What the service takes on, and how long it waits. */
export interface Limits {
  /** Live streams; one more is closed with 1013. */
  readonly maxSessions: number;
  /** Uploads being received or scored; one more is answered 503. */
  readonly maxUploads: number;
  readonly maxUploadBytes: number;
  /** From the opening of a socket to its `start`. */
  readonly startTimeoutMs: number;
  /** Between two messages of a live stream. */
  readonly idleTimeoutMs: number;
  /** What may lie unsent for a client that does not read. */
  readonly maxUnsentBytes: number;
  /** From a request's first byte to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From a request's first byte to its last. */
  readonly requestTimeoutMs: number;
  /** How long live streams may go on once the service is to stop. */
  readonly drainTimeoutMs: number;
}

export interface StreamSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly modelSource: { readonly type: 'file'; readonly directory: string };
  readonly engine: EngineName;
  readonly logLevel: string;
  readonly limits: Limits;
  /** Where `npm run build` puts what it makes. */
  readonly buildDirectory: string;
}

const timeoutMs = wholeNumber({ min: 1, max: DAY_MS });

const SCHEMA = z.object({
  HOST: z.string(),
  PORT: wholeNumber({ min: 0, max: 65_535 }),
  MODEL_SOURCE: z
    .string()
    .startsWith(FILE_SCHEME, 'expected file:DIR')
    .min(FILE_SCHEME.length + 1, 'expected a folder after file:'),
  ENGINE: z.enum(['kernel', 'reference', 'tfjs']),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  MAX_SESSIONS: wholeNumber({ min: 1, max: 100_000 }),
  MAX_UPLOADS: wholeNumber({ min: 1, max: 1000 }),
  MAX_UPLOAD_BYTES: wholeNumber({ min: 1, max: 1024 * MEBIBYTE }),
  START_TIMEOUT_MS: timeoutMs,
  IDLE_TIMEOUT_MS: timeoutMs,
  DRAIN_TIMEOUT_MS: wholeNumber({ min: 0, max: DAY_MS }),
});

const DEFAULTS = {
  HOST: '127.0.0.1',
  PORT: '8080',
  ENGINE: 'kernel',
  LOG_LEVEL: 'info',
  MAX_SESSIONS: '1000',
  MAX_UPLOADS: '4',
  MAX_UPLOAD_BYTES: String(64 * MEBIBYTE),
  START_TIMEOUT_MS: '10000',
  IDLE_TIMEOUT_MS: '60000',
  DRAIN_TIMEOUT_MS: '5000',
};

/** What no deployment has had a reason to change. */
const FIXED_LIMITS = { maxUnsentBytes: MEBIBYTE, headersTimeoutMs: 10_000, requestTimeoutMs: 120_000 };

/**
 * Reads the settings.
 *
 * @param environment - variables by name, as `process.env`
 * @param projectDirectory - where `models/` and `dist/` are
 * @throws {ConfigurationError} `invalid_configuration`
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>, projectDirectory: string): StreamSettings {
  const settings = layered(SCHEMA, [
    { name: 'defaults', values: { ...DEFAULTS, MODEL_SOURCE: FILE_SCHEME + join(projectDirectory, 'models', 'default') } },
    { name: 'environment', values: environment },
  ]);
  return {
    host: settings.HOST,
    port: settings.PORT,
    modelSource: { type: 'file', directory: resolve(settings.MODEL_SOURCE.slice(FILE_SCHEME.length)) },
    engine: settings.ENGINE,
    logLevel: settings.LOG_LEVEL,
    limits: {
      ...FIXED_LIMITS,
      maxSessions: settings.MAX_SESSIONS,
      maxUploads: settings.MAX_UPLOADS,
      maxUploadBytes: settings.MAX_UPLOAD_BYTES,
      startTimeoutMs: settings.START_TIMEOUT_MS,
      idleTimeoutMs: settings.IDLE_TIMEOUT_MS,
      drainTimeoutMs: settings.DRAIN_TIMEOUT_MS,
    },
    buildDirectory: join(projectDirectory, 'dist'),
  };
}
