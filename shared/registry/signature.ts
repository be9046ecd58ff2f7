/** Who vouches for a model: an Ed25519 signature (RFC 8032) over its manifest, which holds the digest of the weights. */

import { z } from 'zod';

import { canonicalJson } from '#shared/registry/canonical-json.ts';
import { RegistryError } from '#shared/registry/registry-error.ts';

const ALGORITHM = 'Ed25519';
/** Keeps a signature of ours from being one of anything else. */
const CONTEXT = 'kws model signature 1\n';

const PUBLIC_KEY_BYTES = 32;

/**
 * The bytes that are signed: of the manifest, without its `signature`, in canonical form. So the same signature may stand in the
 * manifest and in the pointer, and spaces do not matter.
 *
 * @throws {RegistryError} `invalid_document` if the manifest is no JSON object
 */
export function signedBytes(manifestJson: string): Uint8Array<ArrayBuffer> {
  const manifest = ManifestObjectSchema.safeParse(jsonOf(manifestJson));
  if (!manifest.success) throw new RegistryError('invalid_document', 'the manifest to be signed is no JSON object');
  const { signature: _, ...signed } = manifest.data;
  return new TextEncoder().encode(CONTEXT + canonicalJson(signed));
}

/**
 * Signs a manifest.
 *
 * @returns base64 of 64 bytes
 * @throws {RegistryError} `invalid_document`
 */
export async function signManifest(manifestJson: string, privateKey: CryptoKey): Promise<string> {
  return toBase64(new Uint8Array(await crypto.subtle.sign(ALGORITHM, privateKey, signedBytes(manifestJson))));
}

/**
 * Checks that one of the keys has signed the manifest.
 *
 * @param signature - base64; that of the manifest itself when absent
 * @throws {RegistryError} `signature_missing`, `signature_invalid`, `invalid_document`
 */
export async function verifyManifest(
  manifestJson: string,
  publicKeys: readonly CryptoKey[],
  signature: string | undefined = signatureIn(manifestJson),
): Promise<void> {
  if (signature === undefined) throw new RegistryError('signature_missing', 'the model is not signed, and only signed ones are accepted');
  const data = signedBytes(manifestJson);
  const bytes = fromBase64(signature);
  if (!bytes) throw new RegistryError('signature_invalid', 'the signature of the model is not base64');
  for (const key of publicKeys) if (await crypto.subtle.verify(ALGORITHM, key, bytes, data)) return;
  throw new RegistryError('signature_invalid', 'the model was signed by none of the known keys, or changed since');
}

/** Puts a signature into a manifest. */
export function withSignature(manifestJson: string, signature: string): string {
  const manifest = ManifestObjectSchema.parse(jsonOf(manifestJson));
  return `${JSON.stringify({ ...manifest, signature }, undefined, 2)}\n`;
}

/**
 * A public key as settings have it: base64 of its 32 bytes.
 *
 * @throws {RegistryError} `invalid_key`
 */
export async function importPublicKey(base64: string): Promise<CryptoKey> {
  const bytes = fromBase64(base64);
  if (bytes?.byteLength !== PUBLIC_KEY_BYTES) {
    throw new RegistryError(
      'invalid_key',
      `a public key is base64 of ${PUBLIC_KEY_BYTES} bytes, not ${bytes?.byteLength ?? 'something else'}`,
    );
  }
  try {
    return await crypto.subtle.importKey('raw', bytes, ALGORITHM, true, ['verify']);
  } catch (error) {
    throw new RegistryError('invalid_key', 'this is no Ed25519 public key', { cause: error });
  }
}

/**
 * A private key: base64 of its PKCS #8 form (RFC 8410), as between the lines of a PEM file.
 *
 * @throws {RegistryError} `invalid_key`, without the key
 */
export async function importPrivateKey(base64: string): Promise<CryptoKey> {
  const bytes = fromBase64(base64);
  try {
    if (bytes) return await crypto.subtle.importKey('pkcs8', bytes, ALGORITHM, true, ['sign']);
  } catch (error) {
    throw new RegistryError('invalid_key', 'this is no Ed25519 private key in PKCS #8', { cause: error });
  }
  throw new RegistryError('invalid_key', 'the private key is not base64');
}

/** Writes what `importPublicKey` reads. */
export async function exportPublicKey(key: CryptoKey): Promise<string> {
  return toBase64(new Uint8Array(await crypto.subtle.exportKey('raw', key)));
}

/** Writes what `importPrivateKey` reads. */
export async function exportPrivateKey(key: CryptoKey): Promise<string> {
  return toBase64(new Uint8Array(await crypto.subtle.exportKey('pkcs8', key)));
}

const ManifestObjectSchema = z.record(z.string(), z.unknown());

function signatureIn(manifestJson: string): string | undefined {
  return z.object({ signature: z.string() }).safeParse(jsonOf(manifestJson)).data?.signature;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RegistryError('invalid_document', 'the manifest is not JSON', { cause: error });
  }
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!z.base64().safeParse(text).success) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
