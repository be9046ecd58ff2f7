/** What a run told is on disk, whatever happens next. */

import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { abandonedSpools, MAX_SPOOL_BYTES, Spool } from '../../../../services/trainer/tracking/spool.ts';

const OPEN = { type: 'open', key: 'k', experiment: 'e', name: 'n', startTimeMs: 1, user: 'u' } as const;
const NOBODY = () => false;

function root(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kws-spool-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('reads back what was told, numbers that are not finite too', () => {
  const spool = Spool.create(root(), 'run');
  const metrics = { type: 'metrics', values: { loss: NaN, best: -Infinity, accuracy: 0.5 }, timestampMs: 2, step: 3 } as const;

  spool.append(OPEN);
  spool.append(metrics);

  expect(spool.operations()).toEqual([OPEN, metrics]);
});

test('takes a line that a kill cut short for not told, and what is told after it for told', () => {
  const directory = root();
  const killed = Spool.create(directory, 'run');
  killed.append(OPEN);
  appendFileSync(join(killed.directory, 'operations.jsonl'), '{"type":"tags","values":{"a"');

  const adopted = Spool.adopt(directory, 'run');
  adopted?.append({ type: 'end', status: 'FAILED', endTimeMs: 4 });

  expect(adopted?.operations()).toEqual([OPEN, { type: 'end', status: 'FAILED', endTimeMs: 4 }]);
});

test('lets one process only take over a run that was left', () => {
  const directory = root();
  Spool.create(directory, 'run');

  expect([Spool.adopt(directory, 'run'), Spool.adopt(directory, 'run')].filter(Boolean)).toHaveLength(1);
});

test('keeps a file as it was when it was told', () => {
  const directory = root();
  const file = join(directory, 'manifest.json');
  writeFileSync(file, 'first');
  const spool = Spool.create(join(directory, 'spools'), 'run');

  spool.appendFile(file, 'model/manifest.json');
  rmSync(file);
  writeFileSync(file, 'second');

  const [artefact] = spool.operations();
  expect(artefact).toMatchObject({ type: 'artefact', name: 'model/manifest.json' });
});

test('drops metrics beyond its limit, counts them, and still has room for the end', () => {
  const spool = Spool.create(root(), 'run');
  appendFileSync(join(spool.directory, 'operations.jsonl'), `${' '.repeat(MAX_SPOOL_BYTES)}\n`);
  const full = new Spool(spool.directory);

  full.append({ type: 'metrics', values: { loss: 1 }, timestampMs: 1, step: 1 });
  full.append({ type: 'end', status: 'FINISHED', endTimeMs: 2 });

  expect(full.dropped).toBe(1);
  expect(full.operations()).toEqual([{ type: 'end', status: 'FINISHED', endTimeMs: 2 }]);
});

test.each([
  ['of a process that is no more', { pid: 2 ** 22 + 1, host: 'here' }, 0, ['run']],
  ['of a process that lives', { pid: process.ppid, host: 'here' }, 0, []],
  ['of our own number, which a container gives to every process', { pid: process.pid, host: 'here' }, 0, ['run']],
  ['of another machine that showed itself just now', { pid: 1, host: 'elsewhere' }, 0, []],
  ['of another machine that has been silent for long', { pid: 1, host: 'elsewhere' }, 3_600_000, ['run']],
])('a run %s', async (_, owner, silentMs, expected) => {
  const directory = root();
  const { hostname } = await import('node:os');
  const spool = Spool.create(directory, 'run');
  const file = join(spool.directory, 'owner.json');
  writeFileSync(file, JSON.stringify({ pid: owner.pid, host: owner.host === 'here' ? hostname() : owner.host }));
  const beat = new Date(Date.now() - silentMs);
  utimesSync(file, beat, beat);

  expect(await abandonedSpools(directory, NOBODY)).toEqual(expected);
});
