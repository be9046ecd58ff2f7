/** Files of a run, sent through MLflow's artefact proxy; large ones in parts where its storage takes them. */

import { openAsBlob } from 'node:fs';

import { z } from 'zod';

import { fetchOnce, request, requestJson, withRetries, type MlflowConnection } from './mlflow-http.ts';
import { TrackingError } from './tracking-error.ts';

const API = '/api/2.0/mlflow-artifacts';
/** A proxy or a load balancer before the server may limit a request's size and time. */
const PARTS_FROM_BYTES = 64 * 1024 * 1024;
/** S3 takes at most 10,000 parts of 5 MiB to 5 GiB. */
const PART_BYTES = 32 * 1024 * 1024;
/** An upload may take as long as a line of 2 Mbit/s needs. */
const SLOWEST_BYTES_PER_MS = 256;

/** Sizes from which files go in parts, for tests with small ones. */
export interface PartSizes {
  readonly fromBytes: number;
  readonly partBytes: number;
}

const CreatedSchema = z.object({
  upload_id: z.string().default(''),
  credentials: z.array(
    z.object({
      url: z.string(),
      part_number: z.union([z.number(), z.string().transform(Number)]),
      headers: z.record(z.string(), z.string()).default({}),
    }),
  ),
});
const CapabilitySchema = z.object({ multipart_uploads_enabled: z.boolean().default(false) });

/**
 * Sends one file.
 *
 * @param artefactUri - the run's own, `mlflow-artifacts:/…`
 * @param name - path below it
 * @throws {TrackingError} `artefacts_not_served` where the server does not pass files on
 */
export async function uploadArtefact(
  connection: MlflowConnection,
  { artefactUri, path, name }: { readonly artefactUri: string; readonly path: string; readonly name: string },
  sizes: PartSizes = { fromBytes: PARTS_FROM_BYTES, partBytes: PART_BYTES },
): Promise<void> {
  const root = proxiedRoot(artefactUri);
  const file = await openAsBlob(path);
  if (file.size >= sizes.fromBytes && (await takesParts(connection)))
    return uploadParts(connection, { target: `${root}/${name}`, file }, sizes);
  await request(connection, {
    method: 'PUT',
    path: `${API}/artifacts/${encodePath(`${root}/${name}`)}`,
    body: file,
    timeoutMs: uploadTimeoutMs(connection, file.size),
  });
}

function proxiedRoot(artefactUri: string): string {
  const match = /^mlflow-artifacts:\/(?:\/[^/]*)?\/?(.+?)\/?$/.exec(artefactUri);
  if (match?.[1] !== undefined) return match[1];
  throw new TrackingError(
    'artefacts_not_served',
    `the server keeps files in ${artefactUri} and does not pass them on: start it with --serve-artifacts`,
  );
}

async function takesParts(connection: MlflowConnection): Promise<boolean> {
  try {
    const answer = await requestJson(connection, { method: 'GET', path: '/api/3.0/mlflow/server-info' }, CapabilitySchema);
    return answer.multipart_uploads_enabled;
  } catch (error) {
    if (error instanceof TrackingError && error.code === 'tracking_not_found') return false; // a server older than that question
    throw error;
  }
}

interface Upload {
  readonly target: string;
  readonly file: Blob;
}

async function uploadParts(connection: MlflowConnection, { target, file }: Upload, { partBytes }: PartSizes): Promise<void> {
  const call = <T>(verb: string, json: object, schema: z.ZodType<T>): Promise<T> =>
    requestJson(connection, { method: 'POST', path: `${API}/mpu/${verb}/${encodePath(folderOf(target))}`, json }, schema);
  const path = target.slice(target.lastIndexOf('/') + 1);
  const created = await call('create', { path, num_parts: Math.ceil(file.size / partBytes) }, CreatedSchema);
  try {
    const parts = [];
    for (const [i, { url, part_number, headers }] of created.credentials.entries()) {
      const body = file.slice(i * partBytes, (i + 1) * partBytes);
      parts.push({ part_number, etag: await putPart(connection, { url: new URL(url), headers, body }), url });
    }
    await call('complete', { path, upload_id: created.upload_id, parts }, z.unknown());
  } catch (error) {
    await call('abort', { path, upload_id: created.upload_id }, z.unknown()).catch(() => undefined); // the first error is the one to tell
    throw error;
  }
}

/** Puts one part straight into the storage, which gives its tag. */
function putPart(
  connection: MlflowConnection,
  { url, headers, body }: { readonly url: URL; readonly headers: Record<string, string>; readonly body: Blob },
): Promise<string> {
  return withRetries(connection, async () => {
    const response = await fetchOnce(url, { method: 'PUT', headers, body }, uploadTimeoutMs(connection, body.size));
    await response.arrayBuffer();
    return response.headers.get('etag') ?? '';
  });
}

function uploadTimeoutMs({ requestTimeoutMs }: MlflowConnection, bytes: number): number {
  return requestTimeoutMs + Math.ceil(bytes / SLOWEST_BYTES_PER_MS);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
