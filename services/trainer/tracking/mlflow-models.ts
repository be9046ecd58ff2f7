/** MLflow's registry of models: names, versions, aliases. */

import { z } from 'zod';

import { request, requestJson, type MlflowConnection } from './mlflow-http.ts';
import { TrackingError } from './tracking-error.ts';

const API = '/api/2.0/mlflow';
const VERSIONS_A_PAGE = 200;

const VersionSchema = z.object({
  name: z.string(),
  version: z.string(),
  run_id: z.string().default(''),
  tags: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
});
const OneVersionSchema = z.object({ model_version: VersionSchema });
const VersionsSchema = z.object({ model_versions: z.array(VersionSchema).default([]) });

/** A version of a registered model; MLflow counts them from 1. */
export interface RegisteredVersion {
  readonly number: string;
  readonly runId: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** What a version is made from. */
export interface NewVersion {
  readonly source: string;
  /** The run that made it, where the server knows it. */
  readonly runId?: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
}

/** Makes the name known, unless it is. @throws {TrackingError} */
export async function ensureRegisteredModel(connection: MlflowConnection, name: string): Promise<void> {
  try {
    await request(connection, { method: 'POST', path: `${API}/registered-models/create`, json: { name } });
  } catch (error) {
    const isThere = error instanceof TrackingError && error.message.includes('RESOURCE_ALREADY_EXISTS');
    if (!isThere) throw error;
  }
}

/** Adds a version. @throws {TrackingError} */
export async function createVersion(
  connection: MlflowConnection,
  name: string,
  { source, runId, tags }: NewVersion,
): Promise<RegisteredVersion> {
  const json = { name, source, ...(runId !== undefined && { run_id: runId }), tags: [...tags].map(([key, value]) => ({ key, value })) };
  const answer = await requestJson(connection, { method: 'POST', path: `${API}/model-versions/create`, json }, OneVersionSchema);
  return versionOf(answer.model_version);
}

/** The versions of a name whose tag `key` is `value`, newest first. @throws {TrackingError} */
export async function versionsTagged(
  connection: MlflowConnection,
  name: string,
  { key, value }: { readonly key: string; readonly value: string },
): Promise<RegisteredVersion[]> {
  const query = { filter: `name='${name}' and tags.\`${key}\`='${value}'`, max_results: String(VERSIONS_A_PAGE) };
  const answer = await requestJson(connection, { method: 'GET', path: `${API}/model-versions/search`, query }, VersionsSchema);
  return answer.model_versions.map(versionOf).sort((a, b) => Number(b.number) - Number(a.number));
}

/** What an alias stands for, if for anything. @throws {TrackingError} */
export async function versionByAlias(connection: MlflowConnection, name: string, alias: string): Promise<RegisteredVersion | undefined> {
  try {
    const path = `${API}/registered-models/alias`;
    const answer = await requestJson(connection, { method: 'GET', path, query: { name, alias } }, OneVersionSchema);
    return versionOf(answer.model_version);
  } catch (error) {
    if (error instanceof TrackingError && isUnknown(error)) return undefined;
    throw error;
  }
}

/** Lets an alias stand for a version. @throws {TrackingError} */
export async function setAlias(
  connection: MlflowConnection,
  name: string,
  { alias, number }: { readonly alias: string; readonly number: string },
): Promise<void> {
  await request(connection, { method: 'POST', path: `${API}/registered-models/alias`, json: { name, alias, version: number } });
}

/** MLflow says of an alias that is not set that the request is wrong, not that it was not found. */
function isUnknown({ code, message }: TrackingError): boolean {
  return code === 'tracking_not_found' || (code === 'tracking_refused' && /alias .* not found/i.test(message));
}

function versionOf({ version, run_id, tags }: z.infer<typeof VersionSchema>): RegisteredVersion {
  return { number: version, runId: run_id, tags: new Map(tags.map(({ key, value }) => [key, value])) };
}
