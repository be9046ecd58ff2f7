/** Where runs are kept: the group `tracking` of the configuration, and what MLflow's own client takes from the environment. */

import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { createFileStore } from './file-store.ts';
import type { MlflowConnection } from './mlflow-http.ts';
import { createMlflowStore } from './mlflow-store.ts';
import type { TrackingStore } from './tracking-store.ts';

export const TrackingSettingsSchema = z.strictObject({
  experiment: z.string().min(1).max(500).default('keyword-spotting'),
  /** MLflow's layout on disk, where no server is named. */
  directory: z.string().min(1).default('mlruns'),
  /** Where runs lie until a server has heard them. */
  spoolDirectory: z.string().min(1).default('runs/.tracking'),
  requestTimeoutMs: z.int().min(100).max(600_000).default(20_000),
  retries: z.int().min(0).max(20).default(4),
});
export type TrackingSettings = z.infer<typeof TrackingSettingsSchema>;

type Environment = Readonly<Record<string, string | undefined>>;

/** The experiment that runs belong to: the one that MLflow's own client would take, or the configuration's. */
export function experimentOf(environment: Environment, { experiment }: TrackingSettings): string {
  return environment['MLFLOW_EXPERIMENT_NAME'] ?? experiment;
}

/** The MLflow server that `MLFLOW_TRACKING_URI` names, if it names one; credentials as MLflow's own client takes them. */
export function mlflowConnection(environment: Environment, settings: TrackingSettings): MlflowConnection | undefined {
  const named = environment['MLFLOW_TRACKING_URI'] ?? '';
  if (!/^https?:/.test(named)) return undefined;
  const url = new URL(named);
  const user = decodeURIComponent(url.username) || environment['MLFLOW_TRACKING_USERNAME'];
  const password = decodeURIComponent(url.password) || environment['MLFLOW_TRACKING_PASSWORD'];
  const token = environment['MLFLOW_TRACKING_TOKEN'];
  url.username = '';
  url.password = '';
  const { requestTimeoutMs, retries } = settings;
  return { uri: url.href.replace(/\/$/, ''), authorization: authorizationOf({ user, password, token }), requestTimeoutMs, retries };
}

/** The server, or the folder: the one that `MLFLOW_TRACKING_URI` names, or the configuration's. */
export function trackingStore(environment: Environment, settings: TrackingSettings): TrackingStore {
  const connection = mlflowConnection(environment, settings);
  if (connection) return createMlflowStore(connection);
  const named = environment['MLFLOW_TRACKING_URI'] ?? '';
  if (named === '') return createFileStore(settings.directory);
  return createFileStore(named.startsWith('file:') ? fileURLToPath(named) : named);
}

interface Credentials {
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
}

function authorizationOf({ user, password, token }: Credentials): string | undefined {
  if (user !== undefined && user !== '') return `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
  return token === undefined || token === '' ? undefined : `Bearer ${token}`;
}
