/** The bytes of an artefact out of the registry's object store. */

import { setTimeout as wait } from 'node:timers/promises';

import type { Msg, NatsConnection } from 'nats';
import { z } from 'zod';

import { readBundle } from '#shared/registry/bundle.ts';
import { sha256Hex, type ArtefactFiles } from '#shared/model/artefact.ts';
import type { ModelReference } from '#shared/registry/model-reference.ts';
import { REGISTRY_OBJECT_BUCKET } from '#shared/registry/names.ts';
import { RegistryError } from '#shared/registry/registry-error.ts';

import { ModelRefusedError } from './model-source-error.ts';

/** For a whole artefact. */
const FETCH_TIMEOUT_MS = 30_000;
/** For one message: a copy that lags may lack it, and another one be asked next. */
const MAX_TRIES = 3;
const ANSWER_TIMEOUT_MS = 2000;
const RETRY_MS = 300;
/** How JetStream keeps an object store (ADR-20), and who answers for its messages (ADR-31). */
const STREAM_QUESTIONS = `$JS.API.DIRECT.GET.OBJ_${REGISTRY_OBJECT_BUCKET}`;
const SUBJECT_PREFIX = `$O.${REGISTRY_OBJECT_BUCKET}`;
/** Of the description that stands at an object's name: `nuid` leads to its chunks. */
const ObjectInfoSchema = z.object({ nuid: z.string().regex(/^[A-Za-z0-9]{1,64}$/), size: z.int().nonnegative(), deleted: z.boolean().optional() });

/**
 * Fetches an artefact and checks that it is the one that is meant. Room is made for as many bytes as the pointer says, never more.
 *
 * @throws {ModelRefusedError} `model_fetch_failed`
 * @throws {RegistryError} `bundle_mismatch`, `invalid_bundle`
 */
export async function fetchObject(connection: NatsConnection, reference: ModelReference, signal: AbortSignal): Promise<ArtefactFiles> {
  const bundle = await fetchBytes(connection, reference, AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]));
  const digest = await sha256Hex(bundle);
  if (digest === reference.bundleDigest) return readBundle(bundle);
  throw new RegistryError('bundle_mismatch', `the artefact has digest ${digest}, the pointer says ${reference.bundleDigest}`);
}

/**
 * Asks for message after message. Any server that has a copy answers, also while a cluster chooses its leaders anew; the library's
 * own way needs a consumer, for which the cluster may choose a server that is gone (nats.js 2.29, `ObjectStore.get`).
 */
async function fetchBytes(connection: NatsConnection, { object, bundleBytes }: ModelReference, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const description = await ask(connection, `.${SUBJECT_PREFIX}.M.${base64Url(object)}`, { signal });
    const { nuid, size, deleted } = ObjectInfoSchema.parse(description.json());
    if (deleted) throw new ModelRefusedError('model_fetch_failed', `the registry has no object ${object}`);
    if (size !== bundleBytes) {
      throw new RegistryError('bundle_mismatch', `object ${object} has ${size} bytes, the pointer says ${bundleBytes}`);
    }
    return await collect(connection, { subject: `${SUBJECT_PREFIX}.C.${nuid}`, sizeBytes: bundleBytes, signal });
  } catch (error) {
    if (error instanceof RegistryError || error instanceof ModelRefusedError) throw error;
    throw new ModelRefusedError('model_fetch_failed', `object ${object} was not fetched: ${String(error)}`, { cause: error });
  }
}

async function collect(
  connection: NatsConnection,
  { subject, sizeBytes, signal }: { readonly subject: string; readonly sizeBytes: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let filled = 0;
  let sequence = 0;
  while (filled < sizeBytes) {
    const question = JSON.stringify({ seq: sequence + 1, next_by_subj: subject });
    const { data, headers } = await ask(connection, '', { question, signal });
    if (data.length === 0 || filled + data.length > sizeBytes) {
      throw new RegistryError('bundle_mismatch', `the object is cut into other pieces than its ${sizeBytes} bytes`);
    }
    bytes.set(data, filled);
    filled += data.length;
    sequence = Number(headers?.get('Nats-Sequence'));
  }
  return bytes;
}

/** @param subject - of the last message that is asked for, if it is that one */
async function ask(
  connection: NatsConnection,
  subject: string,
  { question, signal }: { readonly question?: string; readonly signal: AbortSignal },
): Promise<Msg> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    try {
      const answer = await connection.request(STREAM_QUESTIONS + subject, question, { timeout: ANSWER_TIMEOUT_MS });
      if (answer.headers?.hasError !== true) return answer;
      throw new ModelRefusedError('model_fetch_failed', `the registry lacks a message: ${answer.headers.code} ${answer.headers.description}`);
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
      await wait(RETRY_MS, undefined, { signal });
    }
  }
}

/** With padding, as the library names objects. */
function base64Url(text: string): string {
  return Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
