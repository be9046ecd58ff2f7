/** Pointers, status documents and artefacts as objects. */

import { fc, test } from '@fast-check/vitest';
import { expect, test as it } from 'vitest';

import { readBundle, writeBundle } from '#shared/registry/bundle.ts';
import { objectName, pointerKey, statusKey, statusKeys } from '#shared/registry/names.ts';
import { parsePointer, writePointer } from '#shared/registry/pointer.ts';
import { RegistryError } from '#shared/registry/registry-error.ts';
import { parseStatus } from '#shared/registry/status.ts';

const DIGEST = 'a'.repeat(64);
const REFERENCE = {
  version: '1.2.3',
  digest: DIGEST,
  object: objectName({ name: 'commands', version: '1.2.3', bundleDigest: DIGEST }),
  bundleDigest: DIGEST,
  bundleBytes: 1000,
  publishedAt: '2026-01-02T03:04:05Z',
};
const POINTER = { formatVersion: 1, name: 'commands', ...REFERENCE } as const;
const CANARY = { id: 'r1', mode: 'canary', candidate: { ...REFERENCE, version: '1.3.0' }, share: 0.1 } as const;

it('a pointer comes back as it was written', () => {
  expect(parsePointer(writePointer(POINTER))).toEqual(POINTER);
});

it('a rollout gets the usual band where none is given', () => {
  expect(parsePointer(writePointer({ ...POINTER, rollout: CANARY })).rollout?.band).toEqual({
    maxErrorRate: 0.01,
    minSessions: 20,
    eventRateRatio: { min: 0.5, max: 2 },
    minAudioSeconds: 600,
    minEvents: 20,
  });
});

it.for([
  ['not JSON', '{', 'invalid_document'],
  ['of a later format', JSON.stringify({ ...POINTER, formatVersion: 2 }), 'unsupported_document_format'],
  ['without a format', '{}', 'unsupported_document_format'],
  ['with a wrong digest', JSON.stringify({ ...POINTER, digest: 'abc' }), 'invalid_document'],
  ['with too large an object', JSON.stringify({ ...POINTER, bundleBytes: 1e9 }), 'invalid_document'],
  ['with an impossible share', JSON.stringify({ ...POINTER, rollout: { ...CANARY, share: 1.1 } }), 'invalid_document'],
] as const)('a document %s is refused', ([, text, code]) => {
  expect(() => parsePointer(text)).toThrow(expect.objectContaining({ code }));
  expect(() => parseStatus(text)).toThrow(RegistryError);
});

it('keys are as operators know them, and names cannot break out of them', () => {
  expect([pointerKey('commands'), statusKey('commands', 'pod-1_2'), statusKeys('commands')]).toEqual([
    'commands.current',
    'commands.status.pod-1_2',
    'commands.status.*',
  ]);
  expect(() => pointerKey('a.b')).toThrow();
  expect(() => statusKey('commands', '*')).toThrow();
});

test.prop([fc.string({ unit: 'grapheme' }), fc.uint8Array()])(
  'any two files come out of an object as they went in',
  (manifestJson, weightsBytes) => {
    const files = readBundle(writeBundle({ manifestJson, weightsBytes }));

    expect(files.manifestJson).toBe(manifestJson);
    expect([...files.weightsBytes]).toEqual([...weightsBytes]);
  },
);

test.prop([fc.uint8Array({ maxLength: 40 })])('any bytes are read as two files, or refused', (bytes) => {
  try {
    const { weightsBytes } = readBundle(bytes);
    expect(weightsBytes.byteLength).toBeLessThanOrEqual(bytes.byteLength - 4);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_bundle' });
  }
});
