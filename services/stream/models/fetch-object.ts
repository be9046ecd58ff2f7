/** The bytes of an artefact out of the registry's object store. */

import type { ObjectStore } from 'nats';

import { readBundle } from '#shared/registry/bundle.ts';
import { sha256Hex, type ArtefactFiles } from '#shared/model/artefact.ts';
import type { ModelReference } from '#shared/registry/model-reference.ts';
import { RegistryError } from '#shared/registry/registry-error.ts';

import { ModelRefusedError } from './model-source-error.ts';

/** For a whole artefact. */
const FETCH_TIMEOUT_MS = 30_000;

/**
 * Fetches an artefact and checks that it is the one that is meant. Room is made for as many bytes as the pointer says, never more.
 *
 * @throws {ModelRefusedError} `model_fetch_failed`
 * @throws {RegistryError} `bundle_mismatch`, `invalid_bundle`
 */
export async function fetchObject(store: ObjectStore, reference: ModelReference, signal: AbortSignal): Promise<ArtefactFiles> {
  const bundle = await fetchBytes(store, reference, AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]));
  const digest = await sha256Hex(bundle);
  if (digest === reference.bundleDigest) return readBundle(bundle);
  throw new RegistryError('bundle_mismatch', `the artefact has digest ${digest}, the pointer says ${reference.bundleDigest}`);
}

async function fetchBytes(store: ObjectStore, { object, bundleBytes }: ModelReference, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const info = await store.info(object);
    if (!info || info.deleted) throw new ModelRefusedError('model_fetch_failed', `the registry has no object ${object}`);
    if (info.size !== bundleBytes) {
      throw new RegistryError('bundle_mismatch', `object ${object} has ${info.size} bytes, the pointer says ${bundleBytes}`);
    }
    const found = await store.get(object);
    if (!found) throw new ModelRefusedError('model_fetch_failed', `the registry has no object ${object}`);
    const bytes = await collect(found.data, bundleBytes, signal);
    const fault = await found.error;
    if (fault) throw fault;
    return bytes;
  } catch (error) {
    if (error instanceof RegistryError || error instanceof ModelRefusedError) throw error;
    throw new ModelRefusedError('model_fetch_failed', `object ${object} was not fetched: ${String(error)}`, { cause: error });
  }
}

async function collect(stream: ReadableStream<Uint8Array>, sizeBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel(signal.reason).catch(() => undefined); // its reader sees the end
  signal.addEventListener('abort', cancel);
  try {
    let filled = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (filled + next.value.length > sizeBytes) throw new RegistryError('bundle_mismatch', `the object has more than ${sizeBytes} bytes`);
      bytes.set(next.value, filled);
      filled += next.value.length;
    }
    if (filled === sizeBytes) return bytes;
    throw new ModelRefusedError('model_fetch_failed', `only ${filled} of ${sizeBytes} bytes came`);
  } finally {
    signal.removeEventListener('abort', cancel);
    reader.releaseLock();
  }
}
