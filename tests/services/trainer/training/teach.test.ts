/** A student learns what its teacher says: soft labels out of one model, into the training of another. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { referenceEngine } from '#shared/model/reference-engine.ts';

import { loadArtefact } from '../../../../services/trainer/artefact-files.ts';
import { teach } from '../../../../services/trainer/training/teach.ts';
import { train } from '../../../../services/trainer/training/train.ts';
import { writeToneCorpus } from '../../../helpers/tone-corpus.ts';
import { TONE_CONFIG, TONE_OPTIONS as OPTIONS } from '../../../helpers/tone-training.ts';

const CONFIG = { ...TONE_CONFIG, training: { ...TONE_CONFIG.training, epochs: 8 } };
const CLIPS = 24;
const SILENT = { onStart: () => undefined, onProgress: () => undefined };

test('a student takes its teacher’s word for the clips, by its weight', { timeout: 240_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kws-teach-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeToneCorpus(directory, CLIPS);
  const [teacher, out] = [join(directory, 'teacher'), join(directory, 'taught', 'soft-labels.csv')];
  await train(CONFIG, { ...OPTIONS, dataDirectory: directory, runDirectory: teacher });

  await teach({ models: [teacher, teacher], data: directory, split: 'training', out, engine: referenceEngine, ...SILENT });

  const rows = (await readFile(out, 'utf8')).trim().split('\n');
  expect(rows[0]).toBe('clip,low,high,_unknown_,_silence_');
  expect(rows).toHaveLength(1 + 3 * CLIPS);
  const sums = rows.slice(1).map((row) =>
    row
      .split(',')
      .slice(1)
      .reduce((sum, value) => sum + Number(value), 0),
  );
  expect(Math.max(...sums.map((sum) => Math.abs(sum - 1)))).toBeLessThan(1e-4);

  // A teacher that takes low for high and high for low, against the labels.
  await writeFile(out, [rows[0]!.replace('low,high', 'high,low'), ...rows.slice(1), ''].join('\n'));
  const config = { ...CONFIG, training: { ...CONFIG.training, softLabels: { file: out, weight: 1 } } };
  const student = join(directory, 'student');
  await train(config, { ...OPTIONS, dataDirectory: directory, runDirectory: student });
  const epochs = (await readFile(join(student, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const last = JSON.parse(epochs.at(-1)!) as { validationAccuracy: number };
  expect(last.validationAccuracy).toBeLessThan(0.5); // two words of three are taken for each other
  const { manifest } = await loadArtefact(student);
  expect(manifest.training.config).toMatchObject({ training: { softLabels: { file: basename(out), weight: 1 } } }); // not where it lay
});

test('teachers with other labels than each other are refused', { timeout: 240_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kws-teach-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeToneCorpus(directory, CLIPS);
  const brief = { ...CONFIG, training: { ...CONFIG.training, epochs: 1 } };
  const models = [join(directory, 'two-words'), join(directory, 'one-word')];
  await train(brief, { ...OPTIONS, dataDirectory: directory, runDirectory: models[0]! });
  await train({ ...brief, keywords: ['low'] }, { ...OPTIONS, dataDirectory: directory, runDirectory: models[1]! });

  const teaching = teach({
    models,
    data: directory,
    split: 'training',
    out: join(directory, 'no.csv'),
    engine: referenceEngine,
    ...SILENT,
  });

  await expect(teaching).rejects.toMatchObject({ code: 'invalid_dataset', message: expect.stringContaining('one-word') as unknown });
});
