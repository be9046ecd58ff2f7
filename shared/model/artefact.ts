/** The artefact: `manifest.json` and `weights.bin` (float32, little-endian, in manifest order), to and from bytes. */

import { parseManifest, weightCount, type Manifest } from '#shared/model/manifest.ts';
import { ModelError } from '#shared/model/model-error.ts';
import { sizeOf } from '#shared/model/topology.ts';

export const MANIFEST_FILE = 'manifest.json';
export const WEIGHTS_FILE = 'weights.bin';
const BYTES_PER_WEIGHT = 4;
/** A model of 25 million parameters; nothing that spots keywords is near it. */
export const MAX_WEIGHTS_BYTES = 100 * 1024 * 1024;
/** Far beyond what 512 labels and 64 layers take. */
export const MAX_MANIFEST_BYTES = 1024 * 1024;

/** A checked model: what it is, and its weight tensors by name (row-major, see `topology.ts`). */
export interface Artefact {
  readonly manifest: Manifest;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** The two files of an artefact. */
export interface ArtefactFiles {
  readonly manifestJson: string;
  readonly weightsBytes: Uint8Array;
}

/**
 * Reads and verifies the two files of an artefact.
 *
 * @throws {ModelError} `unsupported_model_format`, `invalid_manifest`, `invalid_weights`, `digest_mismatch`
 */
export async function readArtefact({ manifestJson, weightsBytes }: ArtefactFiles): Promise<Artefact> {
  const manifest = parseManifest(parseJson(manifestJson));
  const expectedBytes = weightCount(manifest) * BYTES_PER_WEIGHT;
  if (expectedBytes > MAX_WEIGHTS_BYTES)
    throw new ModelError('invalid_weights', `weights of ${expectedBytes} bytes exceed the limit of ${MAX_WEIGHTS_BYTES}`);
  if (weightsBytes.byteLength !== expectedBytes) {
    throw new ModelError('invalid_weights', `weights are ${weightsBytes.byteLength} bytes, the manifest describes ${expectedBytes}`);
  }
  const digest = await sha256Hex(weightsBytes);
  if (digest !== manifest.digest)
    throw new ModelError('digest_mismatch', `weights have digest ${digest}, the manifest says ${manifest.digest}`);
  return { manifest, weights: splitWeights(manifest, weightsBytes) };
}

/** Writes the two files; fills in `weights` and `digest` from the tensors. */
export async function writeArtefact(
  manifest: Omit<Manifest, 'weights' | 'digest'>,
  tensors: ReadonlyMap<string, { shape: readonly number[]; values: Float32Array }>,
): Promise<ArtefactFiles> {
  const weights = [...tensors].map(([name, { shape }]) => ({ name, shape: [...shape] }));
  const weightsBytes = joinWeights([...tensors.values()].map(({ values }) => values));
  const whole = parseManifest({ ...manifest, weights, digest: await sha256Hex(weightsBytes) });
  return { manifestJson: `${JSON.stringify(whole, undefined, 2)}\n`, weightsBytes };
}

/** SHA-256 as lower-case hex. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ModelError('invalid_manifest', 'the manifest is not JSON', { cause: error });
  }
}

function joinWeights(tensors: readonly Float32Array[]): Uint8Array {
  const bytes = new Uint8Array(tensors.reduce((count, { length }) => count + length, 0) * BYTES_PER_WEIGHT);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const values of tensors) {
    for (const value of values) {
      view.setFloat32(offset, value, true);
      offset += BYTES_PER_WEIGHT;
    }
  }
  return bytes;
}

function splitWeights(manifest: Manifest, bytes: Uint8Array): Map<string, Float32Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tensors = new Map<string, Float32Array>();
  let offset = 0;
  for (const { name, shape } of manifest.weights) {
    const values = new Float32Array(sizeOf(shape));
    for (let i = 0; i < values.length; i++, offset += BYTES_PER_WEIGHT) values[i] = view.getFloat32(offset, true);
    if (!values.every(Number.isFinite)) throw new ModelError('invalid_weights', `tensor ${name} holds values that are not finite`);
    tensors.set(name, values);
  }
  return tensors;
}
