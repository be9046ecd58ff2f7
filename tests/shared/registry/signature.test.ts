/** Signatures of manifests. */

import { fc, test } from '@fast-check/vitest';
import { expect, test as it } from 'vitest';

import { canonicalJson } from '#shared/registry/canonical-json.ts';
import {
  exportPrivateKey,
  exportPublicKey,
  importPrivateKey,
  importPublicKey,
  signManifest,
  verifyManifest,
  withSignature,
} from '#shared/registry/signature.ts';

import { tinyArtefactFiles } from '../../helpers/tiny-model.ts';

// RFC 8032, 7.1, test 1: a key pair that others know too
const RFC_PRIVATE_SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const RFC_PUBLIC = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const PKCS8_PREFIX = '302e020100300506032b657004220420';
const base64Of = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

const keyPair = () => crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);

it('a signature is found in the manifest, or given beside it', async () => {
  const { privateKey, publicKey } = await keyPair();
  const { manifestJson } = await tinyArtefactFiles();
  const signature = await signManifest(manifestJson, privateKey);

  await expect(verifyManifest(manifestJson, [publicKey], signature)).resolves.toBeUndefined();
  await expect(verifyManifest(withSignature(manifestJson, signature), [publicKey])).resolves.toBeUndefined();
  await expect(verifyManifest(JSON.stringify(JSON.parse(manifestJson)), [publicKey], signature)).resolves.toBeUndefined();
});

it('any of several keys will do, so that keys can be changed', async () => {
  const [old, next] = [await keyPair(), await keyPair()];
  const { manifestJson } = await tinyArtefactFiles();
  const signature = await signManifest(manifestJson, next.privateKey);

  await expect(verifyManifest(manifestJson, [old.publicKey, next.publicKey], signature)).resolves.toBeUndefined();
  await expect(verifyManifest(manifestJson, [old.publicKey], signature)).rejects.toMatchObject({ code: 'signature_invalid' });
});

it('a manifest that was changed after it was signed is refused', async () => {
  const { privateKey, publicKey } = await keyPair();
  const { manifestJson } = await tinyArtefactFiles();
  const signature = await signManifest(manifestJson, privateKey);
  const changed = JSON.stringify({ ...(JSON.parse(manifestJson) as object), version: '9.9.9' });

  await expect(verifyManifest(changed, [publicKey], signature)).rejects.toMatchObject({ code: 'signature_invalid' });
});

it('without a signature, or with something else in its place, a manifest is refused', async () => {
  const { publicKey } = await keyPair();
  const { manifestJson } = await tinyArtefactFiles();

  await expect(verifyManifest(manifestJson, [publicKey])).rejects.toMatchObject({ code: 'signature_missing' });
  await expect(verifyManifest(manifestJson, [publicKey], 'no base64!')).rejects.toMatchObject({ code: 'signature_invalid' });
  await expect(verifyManifest(manifestJson, [publicKey], btoa('short'))).rejects.toMatchObject({ code: 'signature_invalid' });
  await expect(verifyManifest('[]', [publicKey], btoa('short'))).rejects.toMatchObject({ code: 'invalid_document' });
});

it('keys are those of RFC 8032, as base64, and come back as they were', async () => {
  const privateBase64 = base64Of(PKCS8_PREFIX + RFC_PRIVATE_SEED);
  const privateKey = await importPrivateKey(privateBase64);
  const publicKey = await importPublicKey(base64Of(RFC_PUBLIC));
  const { manifestJson } = await tinyArtefactFiles();

  await expect(verifyManifest(manifestJson, [publicKey], await signManifest(manifestJson, privateKey))).resolves.toBeUndefined();
  expect(await exportPrivateKey(privateKey)).toBe(privateBase64);
  expect(await exportPublicKey(publicKey)).toBe(base64Of(RFC_PUBLIC));
});

it.for(['', 'no base64!', btoa('too short'), base64Of(`${RFC_PUBLIC}00`)])('%o is no key', async (text) => {
  await expect(importPublicKey(text)).rejects.toMatchObject({ code: 'invalid_key' });
  await expect(importPrivateKey(text)).rejects.toMatchObject({ code: 'invalid_key' });
});

test.prop([fc.jsonValue()])('canonical JSON says the same, in one way whatever the order of keys', (value) => {
  const text = canonicalJson(value);

  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
  expect(canonicalJson(JSON.parse(JSON.stringify(value), reverseKeys))).toBe(text);
});

it('canonical JSON is that of RFC 8785, 3.2.3', () => {
  const value = {
    '€': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew',
    '1': 'One',
    '😀': 'Emoji',
    '\u0080': 'Control',
    ö: 'o umlaut',
  };

  expect([...canonicalJson(value).matchAll(/:"([A-Z][a-z]+|o)/g)].map(([, word]) => word)).toEqual([
    'Carriage',
    'One',
    'Control',
    'o',
    'Euro',
    'Emoji',
    'Hebrew',
  ]);
});

function reverseKeys(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).reverse()) : value;
}
