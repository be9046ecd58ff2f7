/** Keys in PEM files that nobody else may read, and that OpenSSL takes. */

import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { importPublicKey, signManifest, verifyManifest } from '#shared/registry/signature.ts';

import { publicKeyText, readPrivateKey, writeKeyPair } from '../../../../services/trainer/publication/signing-keys.ts';

function keyFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kws-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'model.pem');
}

test('what the private key signs, the public key as settings have it verifies', async () => {
  const path = keyFile();

  const publicKey = await importPublicKey(await writeKeyPair(path));
  const signature = await signManifest('{"version":"1"}', await readPrivateKey(path));

  await verifyManifest('{"version": "1"}', [publicKey], signature);
  await expect(verifyManifest('{"version":"2"}', [publicKey], signature)).rejects.toMatchObject({ code: 'signature_invalid' });
});

test('only the owner may read the files, and OpenSSL takes them', async () => {
  const path = keyFile();
  await writeKeyPair(path);

  expect([statSync(path).mode & 0o777, statSync(`${path}.pub`).mode & 0o777]).toEqual([0o600, 0o600]);
  expect(createPrivateKey(readFileSync(path)).asymmetricKeyType).toBe('ed25519');
  expect(createPublicKey(readFileSync(`${path}.pub`)).asymmetricKeyType).toBe('ed25519');
});

test('a key is never written over', async () => {
  const path = keyFile();
  await writeKeyPair(path);
  const before = readFileSync(path, 'utf8');

  await expect(writeKeyPair(path)).rejects.toMatchObject({ code: 'key_file_exists' });

  expect(readFileSync(path, 'utf8')).toBe(before);
});

test.each([
  ['is missing', undefined, 'invalid_key_file'],
  ['is no PEM', 'not a key', 'invalid_key_file'],
  ['holds a key of another kind', generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), 'invalid_key'],
])('says that a key file %s', async (_, content, code) => {
  const path = keyFile();
  if (content !== undefined) writeFileSync(path, content);

  await expect(readPrivateKey(path)).rejects.toMatchObject({ code });
});

test('shows the public key of a file from OpenSSL', async () => {
  const path = keyFile();
  const { publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(path, publicKey.export({ type: 'spki', format: 'pem' }));

  const { x } = publicKey.export({ format: 'jwk' });

  expect(await publicKeyText(path)).toBe(Buffer.from(x ?? '', 'base64url').toString('base64'));
});
