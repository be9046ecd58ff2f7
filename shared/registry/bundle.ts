/** An artefact as one object of the store: the length of the manifest (uint32, little-endian), the manifest, the weights. */

import { MAX_MANIFEST_BYTES, MAX_WEIGHTS_BYTES, type ArtefactFiles } from '#shared/model/artefact.ts';
import { RegistryError } from '#shared/registry/registry-error.ts';

const LENGTH_BYTES = 4;
export const MAX_BUNDLE_BYTES = LENGTH_BYTES + MAX_MANIFEST_BYTES + MAX_WEIGHTS_BYTES;

/** The bytes of the object. */
export function writeBundle({ manifestJson, weightsBytes }: ArtefactFiles): Uint8Array<ArrayBuffer> {
  const manifest = new TextEncoder().encode(manifestJson);
  const bundle = new Uint8Array(LENGTH_BYTES + manifest.byteLength + weightsBytes.byteLength);
  new DataView(bundle.buffer).setUint32(0, manifest.byteLength, true);
  bundle.set(manifest, LENGTH_BYTES);
  bundle.set(weightsBytes, LENGTH_BYTES + manifest.byteLength);
  return bundle;
}

/**
 * The files in an object; the weights are a view into it. What is in them is not checked.
 *
 * @throws {RegistryError} `invalid_bundle`
 */
export function readBundle(bundle: Uint8Array): ArtefactFiles {
  if (bundle.byteLength < LENGTH_BYTES)
    throw new RegistryError('invalid_bundle', `an artefact of ${bundle.byteLength} bytes holds nothing`);
  const manifestBytes = new DataView(bundle.buffer, bundle.byteOffset).getUint32(0, true);
  const weightsStart = LENGTH_BYTES + manifestBytes;
  if (manifestBytes > MAX_MANIFEST_BYTES || weightsStart > bundle.byteLength) {
    throw new RegistryError('invalid_bundle', `an artefact of ${bundle.byteLength} bytes cannot hold a manifest of ${manifestBytes}`);
  }
  return { manifestJson: decode(bundle.subarray(LENGTH_BYTES, weightsStart)), weightsBytes: bundle.subarray(weightsStart) };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new RegistryError('invalid_bundle', 'the manifest of an artefact is not UTF-8', { cause: error });
  }
}
