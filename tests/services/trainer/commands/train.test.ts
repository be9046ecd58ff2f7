/** `trainer train` as it is typed: a run that was stopped goes on as it began. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { expect, onTestFinished, test } from 'vitest';

import { loadArtefact, rewriteManifest } from '../../../../services/trainer/artefact-files.ts';
import { train } from '../../../../services/trainer/training/train.ts';
import { writeToneCorpus } from '../../../helpers/tone-corpus.ts';
import { TONE_CONFIG, TONE_OPTIONS } from '../../../helpers/tone-training.ts';

const NETWORK = [
  'model.convolutions.0.filters=24',
  'model.convolutions.1.filters=24',
  'model.convolutions.2.filters=24',
  'model.lstmUnits=[16,16]',
];
const EXAMPLES = ['rareWordRepeats=1', 'partialWords=0', 'otherSpeech=0', 'silence=16'].map((example) => `data.examples.${example}`);
const OVERRIDES = [
  'features=mfcc40',
  'model=standard',
  ...NETWORK,
  ...EXAMPLES,
  'data.keywords=[low,high]',
  'train.batchSize=16',
  'train.epochs=30',
];

test('a run that began with a model and was stopped goes on with what it took from that model', { timeout: 180_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kws-train-command-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeToneCorpus(directory, 8);
  const [start, run, tracking] = [join(directory, 'began-with'), join(directory, 'run'), join(directory, 'mlruns')];
  await train(
    { ...TONE_CONFIG, training: { ...TONE_CONFIG.training, epochs: 1 } },
    { ...TONE_OPTIONS, dataDirectory: directory, runDirectory: start },
  );
  await rewriteManifest(start, (manifest) => ({
    ...manifest,
    normalisation: { ...manifest.normalisation, mean: manifest.normalisation.mean.map((mean) => mean + 1) },
  }));
  const { normalisation } = (await loadArtefact(start)).manifest;

  await trainer(['--data', directory, '--out', run, '--from', start, ...OVERRIDES], { tracking, stopWhen: () => epochsIn(run) > 0 });
  await rm(start, { recursive: true }); // what is needed of it lies in the run
  const said = await trainer(['--data', directory, '--resume', run], { tracking, stopWhen: () => epochsIn(run) > 2 });

  expect(said).toContain('going on after epoch');
  expect((await loadArtefact(run)).manifest.normalisation).toEqual(normalisation);
  expect(JSON.parse(readFileSync(join(run, 'start', 'manifest.json'), 'utf8'))).toMatchObject({ normalisation });
});

function epochsIn(run: string): number {
  const metrics = join(run, 'metrics.jsonl');
  return existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').length - 1 : 0;
}

/** Runs until it is to stop, or ends. @returns what it said */
async function trainer(args: readonly string[], { tracking, stopWhen }: { tracking: string; stopWhen: () => boolean }): Promise<string> {
  const environment = { ...process.env, MLFLOW_TRACKING_URI: `file:${tracking}` };
  const command = ['--import', 'tsx', 'services/trainer/main.ts', 'train', ...args];
  const child = spawn(process.execPath, command, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const ended = once(child, 'exit');
  while (child.exitCode === null && !stopWhen()) await delay(20);
  child.kill('SIGINT');
  await ended;
  return said;
}
