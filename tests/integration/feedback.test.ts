/** From a client's word that the service was wrong to the next version of the data set; and that nothing is kept where it may not be. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';

import { encodePcm } from '#shared/audio/pcm.ts';
import { readWav } from '#shared/audio/wav.ts';
import { connectStream } from '#shared/client/stream-client.ts';
import { KeywordStream } from '#shared/client/keyword-stream.ts';
import { ClipRecordSchema, type ClipRecord } from '#shared/feedback/clip-record.ts';
import type { Start } from '#shared/protocol/messages.ts';

import { readSettings } from '../../services/stream/config.ts';
import { startStreamServer, type StreamServer } from '../../services/stream/server.ts';
import { diffLocks } from '../../services/trainer/corpus/dataset/diff-locks.ts';
import { lockFolder } from '../../services/trainer/corpus/dataset/lock-folder.ts';
import { acceptClips, forgetNoted } from '../../services/trainer/corpus/feedback/review.ts';
import { listInbox } from '../../services/trainer/corpus/feedback/inbox-clips.ts';
import { assertDescribedAnswer } from '../helpers/described.ts';
import { readRecording } from '../helpers/recordings.ts';
import { connect, MONO_S16, type StreamClient } from '../helpers/stream-client.ts';
import { PROJECT_DIRECTORY, writeTinyModel } from '../helpers/test-server.ts';

const [TOKEN, OTHER_TOKEN] = ['first-token', 'second-token'];
const SILENT = { onStart: () => undefined, onProgress: () => undefined };
const streamUrl = ({ url }: StreamServer): string => `${url.replace('http', 'ws')}/v1/stream`;

interface Kept {
  readonly server: StreamServer;
  readonly data: string;
  readonly inbox: string;
  /** Everything that was logged. */
  readonly logged: () => string;
}

async function serverWith(environment: Readonly<Record<string, string>>): Promise<Kept> {
  const data = await mkdtemp(join(tmpdir(), 'kws-feedback-'));
  const model = await writeTinyModel();
  const inbox = join(data, 'inbox');
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const common = { PORT: '0', DRAIN_TIMEOUT_MS: '0', MODEL_SOURCE: `file:${model}`, MAX_LOAD_PERCENT: '100000', MAX_LAG_MS: '600000' };
  const tokens = `${TOKEN},${OTHER_TOKEN}`;
  const variables = { ...common, KWS_TOKENS: tokens, ...environment, ...('FEEDBACK_INBOX' in environment && { FEEDBACK_INBOX: inbox }) };
  const server = await startStreamServer(readSettings(variables, PROJECT_DIRECTORY), log);
  onTestFinished(async () => {
    await server.close();
    await Promise.all([data, model].map((directory) => rm(directory, { recursive: true, force: true })));
  });
  return { server, data, inbox, logged: () => lines.join('') };
}

/** A session that has heard speech. */
async function sessionWith({ server }: Kept, start: Partial<Start>): Promise<{ client: StreamClient; session: string; isOn: boolean }> {
  const client = await connect(server.url);
  client.send({ ...MONO_S16, ...start });
  const { session, feedback = false } = await client.next('ready');
  client.sendAudio(await speech());
  return { client, session, isOn: feedback };
}

/** 1.5 seconds. */
async function speech(): Promise<Uint8Array> {
  return encodePcm(readWav(await readRecording('yes-stop-left')).samples.subarray(16_000, 40_000), 'pcm_s16le');
}

async function recordsIn(inbox: string): Promise<readonly ClipRecord[]> {
  const files = (await readdir(inbox).catch(() => [])).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(files.map(async (file) => ClipRecordSchema.parse(JSON.parse(await readFile(join(inbox, file), 'utf8')))));
}

async function forget({ server }: Kept, session: string, token: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${server.url}/v1/feedback?session=${session}`, { method: 'DELETE', headers });
  const json = (await response.json()) as unknown;
  assertDescribedAnswer(response, json);
  return json;
}

test('a missed word goes from the socket to the next version of the data set, and out of it when its session is forgotten', async () => {
  const kept = await serverWith({ FEEDBACK_INBOX: 'on' });
  const { server, data, inbox } = kept;
  const { client, session, isOn } = await sessionWith(kept, { token: TOKEN, feedback: true });
  client.send({ type: 'feedback', kind: 'missed', keyword: 'yes' });
  const { clip } = await client.next('kept');
  client.send({ type: 'feedback', kind: 'false', keyword: 'no', startSample: 4000, endSample: 12_000 });
  await client.next('kept');
  client.send({ type: 'stop' });
  await client.next('end');
  const place = { data, inbox, nowMs: Date.now() };

  const records = await recordsIn(inbox);
  const sounds = await Promise.all(records.map(async (record) => readWav(await readFile(join(inbox, `${record.clip}.wav`)))));
  await acceptClips(place, [clip]);
  const version = await lockFolder(data, SILENT);
  const strangers = await forget(kept, session, OTHER_TOKEN);
  const forgotten = await forget(kept, session, TOKEN);
  await forgetNoted(place);
  const next = await readdir(join(data, 'feedback', 'yes'));

  expect(isOn).toBe(true);
  expect(records).toMatchObject([
    { clip, session, kind: 'missed', keyword: 'yes', model: { version: server.model.version }, startSample: 0, endSample: 24_000 },
    { session, kind: 'false', keyword: 'no', startSample: 4000, endSample: 12_000 },
  ]);
  const heard = await speech();
  expect(encodePcm(sounds[0]!.samples, 'pcm_s16le')).toEqual(heard);
  expect(encodePcm(sounds[1]!.samples, 'pcm_s16le')).toEqual(heard.slice(8000, 24_000));
  expect(version.clips).toMatchObject([{ label: 'yes', split: 'training', path: expect.stringMatching(/^feedback\/yes\//) as unknown }]);
  expect(strangers).toEqual({ session, removed: 0, pending: 0 });
  expect(forgotten).toEqual({ session, removed: 1, pending: 1 });
  expect(next).toEqual([]);
  expect(await listInbox(inbox, Date.now())).toEqual([]);
});

test.for<[string, Record<string, string>, Partial<Start>]>([
  ['the service keeps nothing', {}, { token: TOKEN, feedback: true }],
  ['the session did not agree', { FEEDBACK_INBOX: 'on' }, { token: TOKEN }],
  ['the session agreed not', { FEEDBACK_INBOX: 'on' }, { token: TOKEN, feedback: false }],
  ['there is no token', { FEEDBACK_INBOX: 'on', KWS_AUTH: 'open' }, { feedback: true }],
])('where %s, no audio is stored nor logged, and the session goes on', async ([, environment, start]) => {
  const kept = await serverWith(environment);

  const { client, isOn } = await sessionWith(kept, start);
  client.send({ type: 'feedback', kind: 'missed', keyword: 'yes' });
  const warning = await client.next('warning');
  client.send({ type: 'stop' });
  const { samples } = await client.next('end');

  expect(isOn).toBe(false);
  expect(warning).toMatchObject({ code: 'feedback_off' });
  expect(samples).toBe(24_000);
  const files = await readdir(kept.data, { recursive: true });
  expect(files.filter((file) => !['inbox', 'inbox/accepted', 'inbox/key'].includes(file))).toEqual([]);
  expectNoAudioIn(kept.logged(), await speech());
});

test('where audio is kept, it is not logged', async () => {
  const kept = await serverWith({ FEEDBACK_INBOX: 'on' });

  const { client } = await sessionWith(kept, { token: TOKEN, feedback: true });
  client.send({ type: 'feedback', kind: 'missed', keyword: 'yes' });
  await client.next('kept');

  expect(kept.logged()).toContain('feedback kept');
  expectNoAudioIn(kept.logged(), await speech());
  expect(kept.logged()).not.toContain(TOKEN);
});

/** Neither as bytes in any usual writing, nor as anything long. */
function expectNoAudioIn(logged: string, audio: Uint8Array): void {
  const bytes = Buffer.from(audio.subarray(20_000, 20_030));
  const samples = Array.from({ length: 5 }, (_, i) => bytes.readInt16LE(2 * i));
  for (const text of [bytes.toString('hex'), bytes.toString('base64').slice(0, 36), bytes.join(',').slice(0, 40), samples.join(',')])
    expect(logged).not.toContain(text);
  expect(Math.max(...logged.split('\n').map(({ length }) => length))).toBeLessThan(1000);
}

test.for<[string, object, string]>([
  ['a keyword that the model lacks', { keyword: 'sesame' }, 'no keyword'],
  ['audio that is not held any more', { keyword: 'yes', startSample: 900_000, endSample: 910_000 }, 'no audio'],
  ['an end before the start', { keyword: 'yes', startSample: 8000, endSample: 4000 }, 'no audio'],
])('of %s the client is told that it was not kept', async ([, fields, why]) => {
  const kept = await serverWith({ FEEDBACK_INBOX: 'on' });
  const { client } = await sessionWith(kept, { token: TOKEN, feedback: true });

  client.send({ type: 'feedback', kind: 'missed', ...fields });

  expect(await client.next('warning')).toMatchObject({ code: 'feedback_not_kept', message: expect.stringContaining(why) as unknown });
  expect(await recordsIn(kept.inbox)).toEqual([]);
});

test('a session may give feedback twenty times, and an inbox holds as many clips as it may', async () => {
  const [many, full] = [await serverWith({ FEEDBACK_INBOX: 'on' }), await serverWith({ FEEDBACK_INBOX: 'on', FEEDBACK_MAX_CLIPS: '2' })];

  for (const [kept, most] of [
    [many, 20],
    [full, 2],
  ] as const) {
    const { client } = await sessionWith(kept, { token: TOKEN, feedback: true });
    for (let i = 0; i <= most; i++) client.send({ type: 'feedback', kind: 'missed', keyword: 'yes', startSample: 0, endSample: 1600 });
    expect(await client.next('warning')).toMatchObject({ code: 'feedback_not_kept' });
    client.send({ type: 'stop' });
    await client.closed;
    await expect.poll(() => recordsIn(kept.inbox)).toHaveLength(most);
  }
});

test('the client sends it, in the samples of its session', async () => {
  const kept = await serverWith({ FEEDBACK_INBOX: 'on' });
  const start = { sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1, token: TOKEN, feedback: true } as const;
  const openSocket = (url: string, protocol: string): WebSocket => new WebSocket(url, protocol);
  const session = await connectStream({ url: streamUrl(kept.server), start, openSocket });
  const stream = new KeywordStream({ url: streamUrl(kept.server), start, openSocket });
  const audio = await speech();
  session.send(audio);
  stream.send(audio);

  session.feedback({ kind: 'missed', keyword: 'yes' });
  await stream.events[Symbol.asyncIterator]().next(); // `ready`
  const wasSent = stream.feedback({ kind: 'false', keyword: 'no', startSample: 0, endSample: 8000 });
  await Promise.all([session.stop(), stream.stop()]);

  expect(wasSent).toBe(true);
  expect(stream.feedback({ kind: 'missed', keyword: 'yes' })).toBe(false);
  await expect
    .poll(async () => (await recordsIn(kept.inbox)).map(({ kind, endSample }) => [kind, endSample]).sort())
    .toEqual([
      ['false', 8000],
      ['missed', 24_000],
    ]);
});

test('a data set differs by nothing else', async () => {
  const kept = await serverWith({ FEEDBACK_INBOX: 'on' });
  const { client } = await sessionWith(kept, { token: TOKEN, feedback: true });
  client.send({ type: 'feedback', kind: 'missed', keyword: 'yes' });
  const first = await client.next('kept');
  client.send({ type: 'feedback', kind: 'missed', keyword: 'no' });
  const second = await client.next('kept');
  const place = { data: kept.data, inbox: kept.inbox, nowMs: Date.now() };

  await acceptClips(place, [first.clip]);
  const before = await lockFolder(kept.data, SILENT);
  await acceptClips(place, [second.clip]);
  const after = await lockFolder(kept.data, SILENT);

  expect(diffLocks(before, after)).toMatchObject({
    added: [expect.stringMatching(/^feedback\/no\//) as unknown],
    removed: [],
    content: [],
  });
});
