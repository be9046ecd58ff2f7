/** Faults of a training: it has no clients, but hours to lose. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MANIFEST_FILE, readArtefact } from '#shared/model/artefact.ts';

import { findParts } from '../../scripts/lib/parts.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { readModelFiles } from '../../services/stream/models/model-files.ts';
import { writeToneCorpus } from '../helpers/tone-corpus.ts';
import type { Fault } from './fault.ts';
import { isRoot, mountSmallDisk } from './machine.ts';
import { until } from './recovery.ts';

/** Room for everything that this training writes, and some to spare. */
const DISK = '24m';
const EPOCHS = 12;
/** Larger pieces do not fit any more. */
const BALLAST_BYTES = 4096;
const OVERRIDES = [
  'model=small',
  'data.keywords=[low, high]',
  'data.examples.partialWords=0',
  'data.examples.otherSpeech=0',
  'data.examples.silence=16',
  'train.batchSize=16',
  `train.epochs=${EPOCHS}`,
];
const CHECKPOINT = 'checkpoint.bin';

export const diskFullTraining: Fault = {
  name: 'disk-full-training',
  describe: 'the disk fills up while a training writes its checkpoints; then there is room again',
  isAlone: true,
  obstacle: () => isRoot() ?? (hasTensorFlow() ? undefined : 'TensorFlow is not set up: npm run trainer -- --help'),
  run: async (report) => {
    const folder = await mkdtemp(join(tmpdir(), 'kws-fault-training-'));
    const [data, disk] = [join(folder, 'data'), join(folder, 'disk')];
    await writeToneCorpus(data);
    await mkdir(disk);
    mountSmallDisk(disk, DISK);
    const run = join(disk, 'run');

    const training = startTrainer(['train', ...OVERRIDES, '--data', data, '--out', run]);
    await until(() => epochsIn(run) >= 2 || training.hasExited());
    const ballast = await fill(disk);
    const full = await training.ended;
    const epochs = epochsIn(run);
    const checkpoint = await readFile(join(run, CHECKPOINT)).catch(() => Buffer.alloc(0));
    await rm(ballast);
    const { manifest } = await readArtefact(await readModelFiles(run));
    const resumed = await startTrainer(['train', '--data', data, '--resume', run]).ended;

    report.check('it ends with a sentence and a code', full.code === 1 && full.stderr.includes('(disk_full)'), lastLine(full.stderr));
    report.check('a checkpoint is left', checkpoint.length > 0, `${checkpoint.length} bytes, ${epochs} epochs logged`);
    report.check('the best model so far is whole', manifest.labels.length > 0, `${MANIFEST_FILE} and weights read and verified`);
    const goesOn = /going on after epoch (\d+)/.exec(resumed.stderr)?.[1];
    report.check('with room again it goes on after the last whole epoch', Number(goesOn) >= 1, `after epoch ${goesOn ?? '?'} of ${EPOCHS}`);
    report.check('and comes to its end', resumed.code === 0 && epochsIn(run) === EPOCHS, `${epochsIn(run)} epochs`);
    report.note(lastLine(full.stderr));
  },
};

interface Trainer {
  readonly hasExited: () => boolean;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

function startTrainer(args: readonly string[]): Trainer {
  const child = spawn(process.execPath, ['--import', 'tsx', 'services/trainer/main.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  return { hasExited: () => child.exitCode !== null || child.signalCode !== null, ended };
}

/** Takes what room there is. */
async function fill(disk: string): Promise<string> {
  const path = join(disk, 'ballast');
  const piece = new Uint8Array(BALLAST_BYTES);
  for (;;) {
    try {
      await writeFile(path, piece, { flag: 'a' });
    } catch {
      return path; // the disk is full, as it shall be
    }
  }
}

/** Logged so far. */
function epochsIn(run: string): number {
  try {
    return readFileSync(join(run, 'metrics.jsonl'), 'utf8').split('\n').filter(Boolean).length;
  } catch {
    return 0; // nothing logged yet
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function hasTensorFlow(): boolean {
  return findParts(process.env).some(({ name, path }) => name === 'tfjs-node' && path !== undefined);
}
