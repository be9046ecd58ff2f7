/** Faults of what the service is given to load: models that are broken, or made to break it. */

import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MANIFEST_FILE, sha256Hex, WEIGHTS_FILE, type ArtefactFiles } from '#shared/model/artefact.ts';

import { readModelFiles } from '../../services/stream/models/model-files.ts';
import type { BuiltService } from '../helpers/built-service.ts';
import { DEFAULT_MODEL_DIRECTORY } from '../helpers/test-server.ts';
import type { Fault } from './fault.ts';
import { checkReadyAgain, checkSessions, until } from './recovery.ts';
import { startUnderLoad } from './started.ts';

const NOTICE_PATIENCE_MS = 30_000;
const MILLION = 1_000_000;
const TERABYTE = 1024 ** 4;

/** What a manifest of our own model holds, of what is meddled with here. */
type ManifestJson = Readonly<Record<string, unknown>> & {
  readonly labels: readonly string[];
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
};

/** A file may be no more than its size: it has holes. */
interface Meddled {
  readonly manifestJson: string;
  readonly weightsBytes: Uint8Array | { readonly sizeBytes: number };
}

const MEDDLINGS: Readonly<Record<string, (manifest: ManifestJson, files: ArtefactFiles) => Meddled | Promise<Meddled>>> = {
  'weights of NaN': async (manifest, { weightsBytes }) => {
    const nan = new Uint8Array(new Float32Array(weightsBytes.length / 4).fill(NaN).buffer);
    return { manifestJson: JSON.stringify({ ...manifest, digest: await sha256Hex(nan) }), weightsBytes: nan };
  },
  'half the weights': (manifest, { weightsBytes }) => ({
    manifestJson: JSON.stringify(manifest),
    weightsBytes: weightsBytes.subarray(0, weightsBytes.length / 2),
  }),
  'one bit turned': (manifest, { weightsBytes }) => {
    const turned = Uint8Array.from(weightsBytes);
    turned[1000] = turned[1000]! ^ 1;
    return { manifestJson: JSON.stringify(manifest), weightsBytes: turned };
  },
  'a million labels': (manifest, { weightsBytes }) => ({
    manifestJson: JSON.stringify({ ...manifest, labels: Array.from({ length: MILLION / 16 }, (_, i) => `word${i}`) }),
    weightsBytes,
  }),
  'a manifest beyond its limit': (manifest, { weightsBytes }) => ({
    manifestJson: JSON.stringify({ ...manifest, labels: Array.from({ length: MILLION }, (_, i) => `word${i}`) }),
    weightsBytes,
  }),
  'shapes of a zip bomb': (manifest, { weightsBytes }) => ({
    manifestJson: JSON.stringify({ ...manifest, weights: manifest.weights.map(({ name }) => ({ name, shape: [2 ** 31, 2 ** 20, 1024] })) }),
    weightsBytes,
  }),
  'weights of a terabyte': (manifest) => ({ manifestJson: JSON.stringify(manifest), weightsBytes: { sizeBytes: TERABYTE } }),
  'layers of a zip bomb': (manifest, { weightsBytes }) => ({
    manifestJson: JSON.stringify({
      ...manifest,
      topology: Array.from({ length: 64 }, (_, i) => ({ type: 'lstm', name: `lstm_${i}`, units: 1024 })),
    }),
    weightsBytes,
  }),
  'a name that is a path': (manifest, { weightsBytes }) => ({
    manifestJson: JSON.stringify({ ...manifest, name: '../../../../etc/passwd' }),
    weightsBytes,
  }),
  'a tensor whose name is a path': (manifest, { weightsBytes }) => ({
    manifestJson: JSON.stringify({ ...manifest, weights: manifest.weights.map((tensor) => ({ ...tensor, name: '/dev/zero' })) }),
    weightsBytes,
  }),
  'keys of a prototype': (manifest, { weightsBytes }) => ({
    manifestJson: JSON.stringify(manifest).replace('{', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},'),
    weightsBytes,
  }),
  'a hundred thousand brackets': (_manifest, { weightsBytes }) => ({ manifestJson: '['.repeat(100_000), weightsBytes }),
  'numbers beyond numbers': (manifest, { weightsBytes }) => ({
    manifestJson: JSON.stringify(manifest)
      .replace(/"windowSamples":\d+/, '"windowSamples":1e999')
      .replace(/"strideSamples":\d+/, '"strideSamples":-0.1'),
    weightsBytes,
  }),
};

export const hostileArtefacts: Fault = {
  name: 'hostile-artefacts',
  describe: `${Object.keys(MEDDLINGS).length} models that are broken or made to break, put in the watched folder one after the other`,
  run: async (report) => {
    const folder = await mkdtemp(join(tmpdir(), 'kws-fault-model-'));
    try {
      const good = await readModelFiles(DEFAULT_MODEL_DIRECTORY);
      await putFiles(folder, good);
      await using started = await startUnderLoad({ environment: { MODEL_SOURCE: `file:${folder}` } }, { sessions: 4 });
      const { service, load } = started;
      const rssBefore = await service.rssBytes();
      for (const [i, [name, meddle]] of Object.entries(MEDDLINGS).entries()) {
        await putFiles(folder, await meddle({ ...manifestOf(good), version: `bad-${i}` }, good));
        const seen = await until(() => refusalsOf(service).length > i, NOTICE_PATIENCE_MS);
        const { code, version } = refusalsOf(service)[i] ?? {};
        report.check(
          `${name}: refused`,
          seen !== undefined && code !== 'internal_error',
          `${String(code)}, ${version === '' ? 'no version' : String(version)}`,
        );
      }
      report.note(`memory ${mebibytes(rssBefore)} → ${mebibytes(await service.rssBytes())} MiB`);
      await putFiles(folder, { ...good, manifestJson: JSON.stringify({ ...manifestOf(good), version: 'good-again' }) });
      const swappedMs = await until(() => service.log.some(({ msg }) => msg === 'model swapped'), NOTICE_PATIENCE_MS);
      report.check('a good model after them is taken', swappedMs !== undefined, `after ${((swappedMs ?? NaN) / 1000).toFixed(1)} s`);
      await checkReadyAgain(service, report);
      await checkSessions(load, report, { lost: 0 });
      const scrape = await service.scrape();
      const refused = scrape.all('kws_model_refused_total').map(({ labels, value }) => `${value} × ${labels['code']}`);
      report.note(`kws_model_refused_total: ${refused.join(', ')}`);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

/** Replaces both files, as the operator's guide asks for. */
async function putFiles(folder: string, { manifestJson, weightsBytes }: Meddled): Promise<void> {
  await writeFile(join(folder, 'manifest.draft'), manifestJson);
  if (weightsBytes instanceof Uint8Array) await writeFile(join(folder, 'weights.draft'), weightsBytes);
  else await makeSparse(join(folder, 'weights.draft'), weightsBytes.sizeBytes);
  await rename(join(folder, 'weights.draft'), join(folder, WEIGHTS_FILE));
  await rename(join(folder, 'manifest.draft'), join(folder, MANIFEST_FILE));
}

async function makeSparse(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(sizeBytes);
  await file.close();
}

function manifestOf({ manifestJson }: ArtefactFiles): ManifestJson {
  return JSON.parse(manifestJson) as ManifestJson; // of our own model
}

function refusalsOf(service: BuiltService): readonly Readonly<Record<string, unknown>>[] {
  return service.log.filter(({ msg }) => msg === 'model refused; the one in force stays');
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0);
}
