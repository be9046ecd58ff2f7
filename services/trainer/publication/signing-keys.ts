/** Ed25519 keys in PEM files, as `openssl genpkey -algorithm ed25519` writes them (RFC 8410, RFC 7468). */

import { generateKeyPairSync } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';

import { exportPublicKey, importPrivateKey, importPublicKey } from '#shared/registry/signature.ts';

import { PublicationError } from './publication-error.ts';

/** Only the owner reads a private key. */
const PRIVATE_MODE = 0o600;
/** The last 32 bytes of an Ed25519 key's SPKI form are the key. */
const RAW_KEY_BYTES = 32;

/**
 * Makes a key pair: the private key in `path`, the public one in `path.pub`.
 *
 * @returns the public key as the stream service's settings take it
 * @throws {PublicationError} `key_file_exists`: a key is never written over
 */
export async function writeKeyPair(path: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await writeNew(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeNew(`${path}.pub`, publicKey.export({ type: 'spki', format: 'pem' }));
  return publicKeyText(`${path}.pub`);
}

/** Reads a private key. @throws {PublicationError} `invalid_key_file` @throws {RegistryError} `invalid_key` */
export async function readPrivateKey(path: string): Promise<CryptoKey> {
  return importPrivateKey((await readPem(path, 'PRIVATE KEY')).toString('base64'));
}

/** A public key as the stream service's settings take it: base64 of its 32 bytes. @throws {PublicationError} `invalid_key_file` */
export async function publicKeyText(path: string): Promise<string> {
  const spki = await readPem(path, 'PUBLIC KEY');
  return exportPublicKey(await importPublicKey(spki.subarray(-RAW_KEY_BYTES).toString('base64')));
}

async function readPem(path: string, label: string): Promise<Buffer> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PublicationError('invalid_key_file', `the key file ${path} cannot be read`, { cause });
  });
  const body = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`).exec(text)?.[1];
  if (body !== undefined) return Buffer.from(body, 'base64');
  throw new PublicationError('invalid_key_file', `${path} holds no ${label.toLowerCase()} in PEM`);
}

async function writeNew(path: string, content: string | Buffer): Promise<void> {
  try {
    const file = await open(path, 'wx', PRIVATE_MODE);
    await file.writeFile(content).finally(() => file.close());
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const why = isThere ? 'is there already, and a key is never written over' : `cannot be written: ${String(cause)}`;
    throw new PublicationError(isThere ? 'key_file_exists' : 'invalid_key_file', `${path} ${why}`, { cause });
  }
}
