/** Wherever a session is left or lost, keywords are those of one session that heard it all. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { readWav } from '#shared/audio/wav.ts';
import { KeywordStream, type StreamEvent } from '#shared/client/keyword-stream.ts';
import type { StartOptions } from '#shared/client/session.ts';
import { MANIFEST_FILE, readArtefact, WEIGHTS_FILE } from '#shared/model/artefact.ts';
import type { Classifier } from '#shared/model/classifier.ts';

import { testKernelEngine } from '../../helpers/kernel.ts';
import { readRecording } from '../../helpers/recordings.ts';
import { SpottingSession } from '../../helpers/spotting-session.ts';
import { DEFAULT_MODEL_DIRECTORY } from '../../helpers/test-server.ts';

/** Not a part of a stride, so that seams fall into many places of it. Where a session begins within “stop” here, its first window may say “up”. */
const CHUNK_MS = 50;
const BYTES_PER_MS = 32;
const START = { sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 } as const;
/** Sent to a session that is lost before it hears them. */
const CHUNKS_ON_THE_WAY = 5;

let classifier: Classifier;
let chunks: readonly Uint8Array[];

beforeAll(async () => {
  const engine = await testKernelEngine();
  classifier = engine.load(
    await readArtefact({
      manifestJson: await readFile(join(DEFAULT_MODEL_DIRECTORY, MANIFEST_FILE), 'utf8'),
      weightsBytes: new Uint8Array(await readFile(join(DEFAULT_MODEL_DIRECTORY, WEIGHTS_FILE))),
    }),
  );
  const { samples } = readWav(await readRecording('yes-stop-left'));
  const pcm = encodePcm(samples, 'pcm_s16le');
  const chunkBytes = CHUNK_MS * BYTES_PER_MS;
  chunks = Array.from({ length: Math.ceil(pcm.length / chunkBytes) }, (_, i) => pcm.subarray(i * chunkBytes, (i + 1) * chunkBytes));
});

/** What happens to the session at one chunk. */
type Fate = (session: SpottingSession) => void;
const leave: Fate = (session) => session.say({ type: 'goaway', reconnectAfterMs: 0 });
const lose: Fate = (session) => session.lose();

interface Programme {
  readonly start?: Partial<StartOptions>;
  /** Before which chunk. */
  readonly at?: number;
  readonly fate?: Fate;
  readonly isDeafBefore?: boolean;
}

/** Plays the recording through a stream whose first session meets its fate. */
async function play({ start, at, fate, isDeafBefore = false }: Programme): Promise<readonly StreamEvent[]> {
  const sessions: SpottingSession[] = [];
  const stream = new KeywordStream({
    start: { ...START, ...start },
    openSession: (options) => {
      const session = new SpottingSession(classifier, options);
      sessions.push(session);
      return Promise.resolve(session);
    },
    wait: () => Promise.resolve(),
  });
  const events = gather(stream);
  await setImmediate();
  for (const [i, chunk] of chunks.entries()) {
    if (isDeafBefore && at !== undefined && i === at - CHUNKS_ON_THE_WAY) sessions[0]!.deafen();
    if (i === at) {
      fate?.(sessions[0]!);
      await setImmediate();
    }
    stream.send(chunk);
  }
  await stream.stop();
  expect(sessions).toHaveLength(at === undefined ? 1 : 2);
  return events;
}

async function gather(stream: KeywordStream): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of stream.events) events.push(event);
  return events;
}

const wordsOf = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.type === 'keyword' ? [{ keyword: event.keyword, endSample: event.endSample }] : []));

describe.each([
  ['left', 1, leave, false],
  ['left, where words take patience,', 4, leave, false],
  ['lost', 1, lose, false],
  ['lost with audio on its way', 1, lose, true],
] as const)('a session that is %s', (_, patience, fate, isDeafBefore) => {
  test('anywhere in a recording gives the words of one that is not', async () => {
    const expected = wordsOf(await play({ start: { patience } }));

    const heard = [];
    for (let at = 1; at < chunks.length; at++)
      heard.push({ at, words: wordsOf(await play({ start: { patience }, at, fate, isDeafBefore })) });

    expect(expected.map(({ keyword }) => keyword)).toEqual(expect.arrayContaining(['yes', 'stop', 'left'])); // one window alone may say more
    expect(heard.filter(({ words }) => JSON.stringify(words) !== JSON.stringify(expected))).toEqual([]);
  });
});

test('posteriors are told once a window, and are the same', async () => {
  const posteriorsOf = (events: readonly StreamEvent[]) => events.filter(({ type }) => type === 'posteriors');
  const start = { posteriors: true };
  const expected = posteriorsOf(await play({ start }));

  expect(posteriorsOf(await play({ start, at: 42, fate: leave }))).toEqual(expected);
  expect(posteriorsOf(await play({ start, at: 42, fate: lose, isDeafBefore: true }))).toEqual(expected);
});
