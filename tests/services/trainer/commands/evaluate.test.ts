/** `trainer evaluate --track`: what was found is kept where runs are kept. */

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test, vi } from 'vitest';

import { SILENCE_LABEL, UNKNOWN_LABEL } from '#shared/model/manifest.ts';

import { writeArtefactFiles } from '../../../../services/trainer/artefact-files.ts';
import { commandLine } from '../../../../services/trainer/command-line.ts';
import { createFileStore } from '../../../../services/trainer/tracking/file-store.ts';
import { tinyArtefactFiles } from '../../../helpers/tiny-model.ts';
import { writeToneCorpus } from '../../../helpers/tone-corpus.ts';

const POINT = { threshold: 0.5, patience: 2, refractoryMs: 500 };

test('figures, report and plots of a tracked evaluation are a finished run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kws-evaluate-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [data, model, runs] = [join(folder, 'data'), join(folder, 'model'), join(folder, 'runs')];
  await writeToneCorpus(data);
  await mkdir(model);
  await writeArtefactFiles(
    model,
    await tinyArtefactFiles({
      labels: ['low', 'high', UNKNOWN_LABEL, SILENCE_LABEL],
      keywords: ['low', 'high'],
      operatingPoints: { low: POINT, high: POINT },
    }),
  );
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => written.mockRestore());

  const args = ['evaluate', '--data', data, '--model', model, '--no-streaming', '--track'];
  const context = { signal: new AbortController().signal, environment: { MLFLOW_TRACKING_URI: runs } };
  await commandLine(args, context).exitProcess(false).fail(false).parseAsync();

  const [run, ...others] = await createFileStore(runs).runsOf('keyword-spotting');
  expect(others).toEqual([]);
  expect(run).toMatchObject({ status: 'FINISHED', name: `evaluate ${model} validation` });
  expect(run!.metrics.get('validationAccuracy')).toBeGreaterThanOrEqual(0);
  expect(await readdir(join(fileURLToPath(run!.artefactUri), 'model'))).toEqual(
    expect.arrayContaining(['confusion-matrix.svg', 'evaluation.html', 'evaluation.json', 'manifest.json', 'weights.bin']),
  );
});
