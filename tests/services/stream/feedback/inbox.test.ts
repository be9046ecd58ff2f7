/** An inbox on disk: bounded, for a time, and emptied of whoever wants to be forgotten. */

import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';

import { readWav } from '#shared/audio/wav.ts';
import { ClipRecordSchema } from '#shared/feedback/clip-record.ts';

import { Inbox, type ClipDraft } from '../../../../services/stream/feedback/inbox.ts';

const DAY_MS = 24 * 3600_000;
const [ONE, TWO] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
const SAMPLES = Float32Array.from({ length: 16_000 }, (_, i) => Math.sin(i / 10) / 2);

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-inbox-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function openInbox(directory: string, maxClips = 10): Promise<Inbox> {
  const inbox = await Inbox.open({ directory, maxClips, retentionMs: 30 * DAY_MS, log: pino({ level: 'silent' }) });
  onTestFinished(() => inbox.close());
  return inbox;
}

function draft(session: string, number = 0, tenant = 'ours'): ClipDraft {
  const model = { name: 'tiny', version: '1', digest: 'd' };
  const place = { startSample: 100, endSample: 16_100 };
  return { clip: `${session}.${number}`, session, tenant, kind: 'missed', keyword: 'yes', model, ...place, samples: SAMPLES };
}

const clipsIn = async (directory: string): Promise<string[]> =>
  (await readdir(directory)).filter((file) => /\.(wav|json)$/.test(file)).sort();

test('a clip is a recording and a record, for its owner alone, and the record does not tell the token', async () => {
  const directory = await folder();
  const inbox = await openInbox(directory);

  await inbox.keep(draft(ONE));

  const text = await readFile(join(directory, `${ONE}.0.json`), 'utf8');
  const record = ClipRecordSchema.parse(JSON.parse(text));
  const { sampleRateHz, samples } = readWav(await readFile(join(directory, `${ONE}.0.wav`)));
  expect(record).toMatchObject({ session: ONE, kind: 'missed', keyword: 'yes', consent: true, startSample: 100, endSample: 16_100 });
  expect(Date.parse(record.expiresAt) - Date.parse(record.keptAt)).toBe(30 * DAY_MS);
  expect(text).not.toContain('ours');
  expect([sampleRateHz, samples.length]).toEqual([16_000, 16_000]);
  expect(samples[100]).toBeCloseTo(SAMPLES[100]!, 4);
  expect((await stat(join(directory, `${ONE}.0.wav`))).mode & 0o077).toBe(0);
  expect((await stat(directory)).mode & 0o002).toBe(0);
});

test('one clip more than it may hold is refused, whoever comes first', async () => {
  const directory = await folder();
  const inbox = await openInbox(directory, 2);

  const outcomes = await Promise.allSettled([0, 1, 2].map((number) => inbox.keep(draft(ONE, number))));

  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(outcomes[2]).toMatchObject({ reason: { code: 'feedback_not_kept' } });
  expect(await clipsIn(directory)).toHaveLength(4);
});

test('more than it can write down in time is refused at once', async () => {
  const inbox = await openInbox(await folder(), 1000);

  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, number) => inbox.keep(draft(ONE, number))));

  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(8);
});

test('what has been kept for as long as agreed is removed, and what a killed writer left', async () => {
  const directory = await folder();
  const inbox = await openInbox(directory);
  await inbox.keep(draft(ONE));
  await writeFile(join(directory, `${TWO}.0.wav`), 'no record came');
  await writeFile(join(directory, `${TWO}.1.wav.tmp`), 'half');
  const longAgo = new Date(Date.now() - DAY_MS);
  await utimes(join(directory, `${TWO}.0.wav`), longAgo, longAgo);

  const early = await inbox.sweep(Date.now() + 29 * DAY_MS);
  const after = await clipsIn(directory);
  const late = await inbox.sweep(Date.now() + 31 * DAY_MS);

  expect([early, late]).toEqual([0, 1]);
  expect(after).toEqual([`${ONE}.0.json`, `${ONE}.0.wav`]);
  expect((await readdir(directory)).sort()).toEqual(['accepted', 'key']);
});

test('a session is forgotten for the client it was of, and for no other', async () => {
  const directory = await folder();
  const inbox = await openInbox(directory);
  await inbox.keep(draft(ONE, 0));
  await inbox.keep(draft(ONE, 1));
  await inbox.keep(draft(TWO, 0));

  expect(await inbox.forget(ONE, 'theirs')).toEqual({ session: ONE, removed: 0, pending: 0 });
  expect(await inbox.forget(ONE, 'ours')).toEqual({ session: ONE, removed: 2, pending: 0 });
  expect(await clipsIn(directory)).toEqual([`${TWO}.0.json`, `${TWO}.0.wav`]);
});

test('of a session that is in a data set already it is noted that it is to leave, once, and only for its client', async () => {
  const directory = await folder();
  const inbox = await openInbox(directory);
  await inbox.keep(draft(ONE));
  const { tenant } = ClipRecordSchema.parse(JSON.parse(await readFile(join(directory, `${ONE}.0.json`), 'utf8')));
  await mkdir(join(directory, 'accepted'), { recursive: true });
  await writeFile(join(directory, 'accepted', `${ONE}.json`), JSON.stringify({ formatVersion: 1, session: ONE, tenant, clips: 3 }));

  expect(await inbox.forget(ONE, 'theirs')).toMatchObject({ pending: 0 });
  expect(await inbox.forget(ONE, 'ours')).toEqual({ session: ONE, removed: 1, pending: 3 });
  expect(await inbox.forget(ONE, 'ours')).toEqual({ session: ONE, removed: 0, pending: 0 });
  expect(await readdir(join(directory, 'forgotten'))).toEqual([`${ONE}.json`]);
});

test('two processes that share an inbox know each other’s clients', async () => {
  const directory = await folder();
  const [one, other] = await Promise.all([openInbox(directory), openInbox(directory)]);
  await one.keep(draft(ONE));

  expect(await other.forget(ONE, 'ours')).toMatchObject({ removed: 1 });
});

test('a folder that cannot be written is a fault of the configuration', async () => {
  const directory = await folder();
  await writeFile(join(directory, 'file'), '');

  await expect(openInbox(join(directory, 'file'))).rejects.toMatchObject({
    code: 'invalid_configuration',
    message: expect.stringContaining('FEEDBACK_INBOX') as unknown,
  });
});
