import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { readArtefact, sha256Hex, writeArtefact, type ArtefactFiles } from '#shared/model/artefact.ts';
import { ModelError, type ModelErrorCode } from '#shared/model/model-error.ts';

import { randomWeights, tinyArtefactFiles, tinyManifest } from '../../helpers/tiny-model.ts';

const files = await tinyArtefactFiles();

async function codeOf(files: ArtefactFiles): Promise<ModelErrorCode | undefined> {
  try {
    await readArtefact(files);
    return undefined;
  } catch (error) {
    if (error instanceof ModelError) return error.code;
    throw error;
  }
}

/** The manifest with some fields replaced behind the writer's back. */
function withManifest(change: Record<string, unknown>): ArtefactFiles {
  return { ...files, manifestJson: JSON.stringify({ ...(JSON.parse(files.manifestJson) as object), ...change }) };
}

/** Weights whose digest is right, however wrong they are. */
async function withWeights(weightsBytes: Uint8Array): Promise<ArtefactFiles> {
  return { manifestJson: withManifest({ digest: await sha256Hex(weightsBytes) }).manifestJson, weightsBytes };
}

describe('an artefact', () => {
  test('reads back as it was written', async () => {
    const manifest = tinyManifest({ version: '1.2.3', metrics: { accuracy: 0.5 } });
    const weights = randomWeights(manifest, 42);

    const artefact = await readArtefact(await writeArtefact(manifest, weights));

    expect(artefact.manifest).toMatchObject(manifest);
    expect(artefact.weights).toEqual(new Map([...weights].map(([name, { values }]) => [name, values])));
  });

  test('reads from bytes at an odd offset of their buffer', async () => {
    const buffer = new Uint8Array(files.weightsBytes.length + 1);
    buffer.set(files.weightsBytes, 1);

    expect((await readArtefact({ ...files, weightsBytes: buffer.subarray(1) })).weights).toEqual((await readArtefact(files)).weights);
  });

  test('holds its weights as little-endian floats in the order of the manifest', async () => {
    const { manifest, weights } = await readArtefact(files);
    const [first, second] = manifest.weights.map(({ name }) => weights.get(name)!);
    const view = new DataView(files.weightsBytes.buffer);

    expect(view.getFloat32(4, true)).toBe(first![1]);
    expect(view.getFloat32(4 * first!.length, true)).toBe(second![0]);
  });

  test('has the SHA-256 of its weights as digest', async () => {
    const abc = Uint8Array.of(0x61, 0x62, 0x63);

    // FIPS 180-2, appendix B.1
    expect(await sha256Hex(abc)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect((await readArtefact(files)).manifest.digest).toBe(await sha256Hex(files.weightsBytes));
  });
});

describe('reading refuses', () => {
  test.each([0, 2, '1', undefined])('format version %j', async (formatVersion) => {
    expect(await codeOf(withManifest({ formatVersion }))).toBe('unsupported_model_format');
  });

  test('a manifest that is not JSON', async () => {
    expect(await codeOf({ ...files, manifestJson: files.manifestJson.slice(0, -5) })).toBe('invalid_manifest');
  });

  test('weights that are not those of the digest', async () => {
    const weightsBytes = files.weightsBytes.slice();
    weightsBytes[100]! ^= 1;

    expect(await codeOf({ ...files, weightsBytes })).toBe('digest_mismatch');
  });

  test.each([-4, -1, 1, 4])('weights that are %i bytes too long', async (extraBytes) => {
    const weightsBytes = new Uint8Array(files.weightsBytes.length + extraBytes);
    weightsBytes.set(files.weightsBytes.subarray(0, weightsBytes.length));

    expect(await codeOf(await withWeights(weightsBytes))).toBe('invalid_weights');
  });

  test.each([NaN, Infinity, -Infinity])('a weight of %d', async (value) => {
    const weightsBytes = files.weightsBytes.slice();
    new DataView(weightsBytes.buffer).setFloat32(weightsBytes.length - 4, value, true);

    expect(await codeOf(await withWeights(weightsBytes))).toBe('invalid_weights');
  });

  test.prop([fc.string()])('any text as a manifest, with a coded error', async (manifestJson) => {
    expect(await codeOf({ ...files, manifestJson })).toMatch(/^(invalid_manifest|unsupported_model_format)$/);
  });

  test.prop([fc.jsonValue()])('any JSON as a manifest, with a coded error', async (json) => {
    expect(await codeOf({ ...files, manifestJson: JSON.stringify(json) })).toBe('unsupported_model_format');
  });

  test.prop([fc.constantFrom(...Object.keys(JSON.parse(files.manifestJson) as object)), fc.jsonValue()])(
    'a manifest with any field replaced by any value, or reads it, but fails in no other way',
    async (field, value) => {
      expect(String(await codeOf(withManifest({ [field]: value })))).toMatch(
        /^(undefined|invalid_manifest|invalid_weights|unsupported_model_format|digest_mismatch)$/,
      );
    },
  );
});

describe('writing refuses', () => {
  test('tensors that do not fit the topology', async () => {
    const manifest = tinyManifest();
    const weights = randomWeights(manifest);
    weights.set('dense/bias', { shape: [5], values: new Float32Array(5) });

    await expect(writeArtefact(manifest, weights)).rejects.toThrow(expect.objectContaining({ code: 'invalid_manifest' }));
  });
});
