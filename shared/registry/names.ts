/** What things are called in the model registry on NATS JetStream; the trainer writes there, stream services read. */

import { z } from 'zod';

import { MODEL_NAME_PATTERN } from '#shared/model/manifest.ts';

/** The key-value bucket of pointers and status documents. */
export const REGISTRY_KV_BUCKET = 'kws_models';
/** The object store of artefacts. */
export const REGISTRY_OBJECT_BUCKET = 'kws_models';
/** How many values of a key JetStream keeps: the history of a pointer. The most it allows. */
export const REGISTRY_KV_HISTORY = 64;
/** Of a pointer or a status document. */
export const MAX_REGISTRY_DOCUMENT_BYTES = 64 * 1024;

/** How the key-value bucket is made, whoever is first. */
export const REGISTRY_KV_OPTIONS = {
  history: REGISTRY_KV_HISTORY,
  maxValueSize: MAX_REGISTRY_DOCUMENT_BYTES,
  description: 'models of the keyword spotter: pointers and status',
} as const;

/** Copies of what is written, where NATS is a cluster: one server may be lost with its disk, and nothing that was acknowledged is. */
const CLUSTER_REPLICAS = 3;

/** How many copies buckets are made with. @param cluster - the name of the cluster that the server belongs to, if it is in one */
export function registryReplicas(cluster: string | undefined): number {
  return cluster === undefined ? 1 : CLUSTER_REPLICAS;
}

export const ModelNameSchema = z.string().regex(MODEL_NAME_PATTERN);
/** A running stream service: one process of it. */
export const InstanceSchema = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/);

/** The key of the pointer to what is in force. */
export function pointerKey(name: string): string {
  return `${ModelNameSchema.parse(name)}.current`;
}

/** The key of what one instance says of a model. */
export function statusKey(name: string, instance: string): string {
  return `${ModelNameSchema.parse(name)}.status.${InstanceSchema.parse(instance)}`;
}

/** The keys of what all instances say of a model, as NATS matches them. */
export function statusKeys(name: string): string {
  return `${ModelNameSchema.parse(name)}.status.*`;
}

/** What an artefact is called in the object store: never used twice for different bytes. */
export function objectName({
  name,
  version,
  bundleDigest,
}: {
  readonly name: string;
  readonly version: string;
  readonly bundleDigest: string;
}): string {
  return `${name}/${version}/${bundleDigest}`;
}
