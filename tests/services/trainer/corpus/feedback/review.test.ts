/** Clips out of an inbox: into a data set, away, or to be forgotten. */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { readWav, writeWav } from '#shared/audio/wav.ts';
import { recordFile, soundFile, type ClipRecord } from '#shared/feedback/clip-record.ts';

import { lockFolder } from '../../../../../services/trainer/corpus/dataset/lock-folder.ts';
import { listInbox } from '../../../../../services/trainer/corpus/feedback/inbox-clips.ts';
import { acceptClips, dropClips, forgetNoted, forgetSession } from '../../../../../services/trainer/corpus/feedback/review.ts';
import { temporaryFolder, writeFiles } from '../../../../helpers/recording-files.ts';

const SILENT = { onStart: () => undefined, onProgress: () => undefined };
const NOW_MS = Date.parse('2026-06-01T00:00:00Z');
const [ONE, TWO] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
const [FIRST, SECOND, OTHERS] = [`${ONE}.0`, `${ONE}.1`, `${TWO}.0`];

/** Three seconds, with a word in the second that begins at 1.8 s. */
const WITH_WORD = Float32Array.from({ length: 48_000 }, (_, i) => (i > 32_000 && i < 40_000 ? 0.5 : 0.001) * Math.sin(i / 5));

function recordOf(clip: string, fields: Partial<ClipRecord> = {}): ClipRecord {
  return {
    formatVersion: 1,
    clip,
    session: clip.slice(0, 36),
    tenant: 'ours',
    kind: 'missed',
    keyword: 'yes',
    model: { name: 'tiny', version: '1', digest: 'd' },
    startSample: 0,
    endSample: 48_000,
    consent: true,
    keptAt: '2026-05-20T00:00:00.000Z',
    expiresAt: '2026-06-20T00:00:00.000Z',
    ...fields,
  };
}

async function placeWith(records: readonly ClipRecord[], samples = WITH_WORD) {
  const data = await temporaryFolder();
  const inbox = join(data, 'inbox');
  await mkdir(inbox);
  await writeFiles(data, {
    'speech_commands/validation_list.txt': '',
    'speech_commands/testing_list.txt': '',
    'speech_commands/yes/anna_nohash_0.wav': 1,
  });
  for (const record of records) {
    await writeFile(join(inbox, soundFile(record.clip)), writeWav(samples, 16_000));
    await writeFile(join(inbox, recordFile(record.clip)), JSON.stringify(record));
  }
  return { data, inbox, nowMs: NOW_MS };
}

const lockedFeedback = async (data: string) => (await lockFolder(data, SILENT)).clips.filter(({ path }) => path.startsWith('feedback/'));

describe('an accepted clip', () => {
  test('is in the next version of the data set, for training, under what is said in it, and out of the inbox', async () => {
    const place = await placeWith([recordOf(FIRST), recordOf(OTHERS, { kind: 'false' })]);
    const before = await lockFolder(place.data, SILENT);

    const accepted = await acceptClips(place, [FIRST, OTHERS]);

    const after = await lockFolder(place.data, SILENT);
    expect(accepted.map(({ clip }) => clip)).toEqual([FIRST, OTHERS]);
    expect(after.digest).not.toBe(before.digest);
    expect((await lockedFeedback(place.data)).map(({ label, split, licence }) => [label, split, licence])).toEqual([
      ['other', 'training', 'consent-to-training'],
      ['yes', 'training', 'consent-to-training'],
    ]);
    expect(await listInbox(place.inbox, NOW_MS)).toEqual([]);
  });

  test('is the second around the word', async () => {
    const place = await placeWith([recordOf(FIRST)]);

    const [accepted] = await acceptClips(place, [FIRST]);

    const { samples } = readWav(await readFile(accepted!.path));
    expect(samples).toHaveLength(16_000);
    expect(samples.filter((sample) => Math.abs(sample) > 0.1).length).toBeGreaterThan(6000);
    expect(Math.max(...samples.subarray(0, 3000).map(Math.abs))).toBeLessThan(0.1);
  });

  test('is the second that is asked for, and has the label that is given', async () => {
    const place = await placeWith([recordOf(FIRST)]);

    const [accepted] = await acceptClips(place, [FIRST], { label: 'seven', startMs: 500 });

    const { samples } = readWav(await readFile(accepted!.path));
    expect(accepted!.path).toContain(join('feedback', 'seven'));
    expect(samples[100]).toBeCloseTo(WITH_WORD[8100]!, 4);
  });

  test('of a second or less stays as it is; two of one session are takes of one speaker', async () => {
    const place = await placeWith([recordOf(FIRST), recordOf(SECOND)], WITH_WORD.subarray(0, 12_000));

    const accepted = await acceptClips(place, [FIRST, SECOND]);

    expect(readWav(await readFile(accepted[0]!.path)).samples).toHaveLength(12_000);
    expect(new Set((await lockedFeedback(place.data)).map(({ speaker }) => speaker)).size).toBe(1);
  });

  test.for(['../../yes', 'Yes', '_noise_', ''])('cannot be labelled %j', async (label) => {
    const place = await placeWith([recordOf(FIRST)]);

    await expect(acceptClips(place, [FIRST], { label })).rejects.toMatchObject({ code: 'invalid_label' });

    expect(await readdir(place.data)).not.toContain('feedback');
    expect(await listInbox(place.inbox, NOW_MS)).toHaveLength(1);
  });
});

describe('an inbox', () => {
  test('gives what may be kept, oldest first, and removes what may not be any longer', async () => {
    const place = await placeWith([
      recordOf(FIRST),
      recordOf(SECOND, { expiresAt: '2026-06-01T00:00:00.000Z' }),
      recordOf(OTHERS, { keptAt: '2026-05-10T00:00:00.000Z' }),
    ]);

    const clips = await listInbox(place.inbox, NOW_MS);

    expect(clips.map(({ clip }) => clip)).toEqual([OTHERS, FIRST]);
    expect((await readdir(place.inbox)).sort()).toEqual([`${FIRST}.json`, `${FIRST}.wav`, `${OTHERS}.json`, `${OTHERS}.wav`]);
  });

  test('without consent in a record is not used', async () => {
    const place = await placeWith([]);
    await writeFile(join(place.inbox, recordFile(FIRST)), JSON.stringify({ ...recordOf(FIRST), consent: false }));

    await expect(acceptClips(place, [FIRST])).rejects.toMatchObject({ code: 'invalid_inbox' });
  });

  test('that is not there, or a clip that is not in it, is told', async () => {
    const place = await placeWith([]);

    await expect(listInbox(join(place.data, 'elsewhere'), NOW_MS)).rejects.toMatchObject({ code: 'data_not_found' });
    await expect(dropClips(place, [FIRST])).rejects.toMatchObject({ code: 'no_such_clip' });
  });

  test('loses what is dropped', async () => {
    const place = await placeWith([recordOf(FIRST), recordOf(SECOND)]);

    await dropClips(place, [FIRST]);

    expect((await listInbox(place.inbox, NOW_MS)).map(({ clip }) => clip)).toEqual([SECOND]);
    expect(await readdir(place.inbox)).not.toContain(soundFile(FIRST));
  });
});

describe('a session that is to be forgotten', () => {
  test('leaves inbox and data set, and no other does', async () => {
    const place = await placeWith([recordOf(FIRST), recordOf(SECOND), recordOf(OTHERS)]);
    await acceptClips(place, [FIRST, OTHERS]);

    const forgotten = await forgetSession(place, ONE);

    expect(forgotten).toBe(2);
    expect(await lockedFeedback(place.data)).toHaveLength(1);
    expect(await listInbox(place.inbox, NOW_MS)).toEqual([]);
    expect(await readdir(join(place.inbox, 'accepted'))).toEqual([`${TWO}.json`]);
    await expect(forgetSession(place, '../../etc')).rejects.toMatchObject({ code: 'no_such_clip' });
  });

  test('leaves the data set once its stream service has noted it', async () => {
    const place = await placeWith([recordOf(FIRST), recordOf(OTHERS)]);
    await acceptClips(place, [FIRST, OTHERS]);
    await mkdir(join(place.inbox, 'forgotten'));
    await writeFile(join(place.inbox, 'forgotten', recordFile(ONE)), '{}');

    expect(await forgetNoted(place)).toBe(1);
    expect(await forgetNoted(place)).toBe(0);
    expect(await lockedFeedback(place.data)).toHaveLength(1);
  });
});
