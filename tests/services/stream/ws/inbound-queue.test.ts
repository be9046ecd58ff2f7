/** What waits stays in order and is counted. */

import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';

import { InboundQueue, type Inbound } from '../../../../services/stream/ws/inbound-queue.ts';

const chunk = fc.uint8Array({ minLength: 1, maxLength: 10_000 });

function drain(queue: InboundQueue, maxBytes: number): Inbound[] {
  const all: Inbound[] = [];
  for (let next = queue.shift(maxBytes); next; next = queue.shift(maxBytes)) {
    all.push(next.type === 'audio' ? { ...next, bytes: next.bytes.slice() } : next);
  }
  return all;
}

const audioOf = (entries: readonly Inbound[]): Uint8Array =>
  Buffer.concat(entries.map((entry) => (entry.type === 'audio' ? entry.bytes : new Uint8Array(0))));

test.prop([fc.array(chunk, { maxLength: 12 }), fc.integer({ min: 1, max: 20_000 })])(
  'gives all audio in order, in pieces no longer than asked for',
  (chunks, maxBytes) => {
    const queue = new InboundQueue();
    for (const bytes of chunks) queue.pushAudio(bytes, 0);
    const total = chunks.reduce((sum, { length }) => sum + length, 0);
    expect(queue.audioBytes).toBe(total);

    const entries = drain(queue, maxBytes);

    expect(audioOf(entries)).toEqual(Buffer.concat(chunks));
    for (const entry of entries) expect(audioOf([entry]).length).toBeLessThanOrEqual(maxBytes);
    expect(queue).toMatchObject({ isEmpty: true, audioBytes: 0 });
  },
);

test.prop([fc.array(chunk, { minLength: 1, maxLength: 12 }), fc.integer({ min: 0, max: 40_000 })])(
  'drops the oldest and leaves a gap as long, the newest stay',
  (chunks, keptBytes) => {
    const queue = new InboundQueue();
    for (const bytes of chunks) queue.pushAudio(bytes, 0);
    const all = Buffer.concat(chunks);

    const droppedBytes = queue.dropOldestAudio(keptBytes);
    const entries = drain(queue, Infinity);

    const gapBytes = entries.reduce((sum, entry) => sum + (entry.type === 'gap' ? entry.bytes : 0), 0);
    expect(gapBytes).toBe(droppedBytes);
    expect(entries.filter(({ type }) => type === 'gap')).toHaveLength(droppedBytes > 0 ? 1 : 0);
    expect(audioOf(entries)).toEqual(all.subarray(droppedBytes));
    expect(all.length - droppedBytes).toBeLessThanOrEqual(Math.max(keptBytes, 0));
  },
);

it('keeps messages where they were among audio that is dropped', () => {
  const queue = new InboundQueue();
  queue.pushAudio(new Uint8Array(10), 1);
  queue.pushMessage({ type: 'configure', patience: 3 });
  queue.pushAudio(new Uint8Array(20), 2);
  expect(queue.oldestArrivedMs).toBe(1);

  queue.dropOldestAudio(0);

  expect(queue.oldestArrivedMs).toBeUndefined();
  expect(queue.messages).toBe(1);
  expect(drain(queue, 1000)).toEqual([
    { type: 'gap', bytes: 10 },
    { type: 'message', message: { type: 'configure', patience: 3 } },
    { type: 'gap', bytes: 20 },
  ]);
});

it('copies what it keeps', () => {
  const queue = new InboundQueue();
  const bytes = Uint8Array.of(1, 2);
  queue.pushAudio(bytes, 0);
  bytes.fill(9);

  expect(audioOf(drain(queue, 10))).toEqual(Buffer.of(1, 2));
});
