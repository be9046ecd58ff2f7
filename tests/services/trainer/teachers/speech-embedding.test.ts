/** The teacher in Python writes what a training reads. It runs where `npm run bench` has put the embedding. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { listCorpus } from '../../../../services/trainer/corpus/corpus.ts';
import { readSoftLabels } from '../../../../services/trainer/corpus/soft-labels.ts';
import { writeToneCorpus } from '../../../helpers/tone-corpus.ts';

const PYTHON = join(import.meta.dirname, '../../../../bench/peers/venv/bin/python');
const TEACHER = join(import.meta.dirname, '../../../../services/trainer/teachers/speech_embedding.py');
const LABELS = ['low', 'high', '_unknown_', '_silence_'];

test.skipIf(!existsSync(PYTHON))(
  'says of every training clip what a network makes of it that never heard its speaker',
  { timeout: 300_000 },
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kws-embedding-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await writeToneCorpus(directory, 90);
    const out = join(directory, 'soft-labels.csv');

    const options = { data: directory, out, cache: join(directory, 'cache'), folds: '2', views: '2', epochs: '60' };
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    await promisify(execFile)(PYTHON, [TEACHER, ...words, '--keywords', 'low', 'high'], {
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1' },
    });

    const clips = (await listCorpus(directory)).clips.filter(({ split }) => split === 'training');
    const posteriors = await readSoftLabels(out, { clips, labels: LABELS, directory });
    const right = clips.filter(({ word }, i) => {
      const row = [...posteriors.subarray(i * LABELS.length, (i + 1) * LABELS.length)];
      return LABELS[row.indexOf(Math.max(...row))] === (word === 'other' ? '_unknown_' : word);
    });
    expect(right.length / clips.length).toBeGreaterThan(0.9);
  },
);
