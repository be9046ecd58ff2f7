/** Holds the page's side of the on-device engine to what the page expects of any session. */

import { expect, test } from 'vitest';

import { openDeviceSession, type EngineWorker } from '../../../web/engine/device-session.ts';
import type { FromEngine, ToEngine } from '../../../web/engine/worker-messages.ts';
import { MAX_BUFFERED_BYTES } from '#shared/client/stream-client.ts';
import type { StartOptions } from '#shared/client/session.ts';
import { END, READY } from '../../helpers/scripted-server.ts';

const FILES = { kernelUrl: 'kernel', manifestUrl: 'manifest', weightsUrl: 'weights' };
const START: StartOptions = { sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 };

type OnMessage = (event: MessageEvent<FromEngine>) => void;
type OnError = (event: ErrorEvent) => void;

/** Says what the test says. */
class ScriptedWorker implements EngineWorker {
  readonly received: ToEngine[] = [];
  transferred: readonly Transferable[] = [];
  isTerminated = false;
  #onMessage: OnMessage = () => undefined;
  #onError: OnError = () => undefined;
  readonly #answer: (message: ToEngine, worker: ScriptedWorker) => void;

  constructor(answer: (message: ToEngine, worker: ScriptedWorker) => void) {
    this.#answer = answer;
  }

  postMessage(message: ToEngine, transfer: Transferable[] = []): void {
    this.received.push(message);
    this.transferred = transfer;
    this.#answer(message, this);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === 'message') this.#onMessage = listener as OnMessage;
    else this.#onError = listener as OnError;
  }

  say(message: FromEngine): void {
    this.#onMessage({ data: message } as MessageEvent<FromEngine>);
  }

  break(message: string): void {
    this.#onError({ message } as ErrorEvent);
  }
}

const polite = (message: ToEngine, worker: ScriptedWorker): void => {
  if (message.type === 'open') worker.say({ type: 'said', message: READY });
  if (message.type === 'stop') worker.say({ type: 'said', message: END });
};

test('a session is opened, fed, stopped, and its worker ended', async () => {
  const worker = new ScriptedWorker(polite);

  const session = await openDeviceSession({ worker, files: FILES, start: START });
  session.send(new Uint8Array(2));
  const end = await session.stop();

  expect(end).toEqual(END);
  expect(worker.received.map(({ type }) => type)).toEqual(['open', 'audio', 'stop']);
  expect(worker.isTerminated).toBe(true);
  expect(await collect(session.messages)).toEqual([READY, END]);
});

test('the way past the page is handed over, with the live view or without', async () => {
  const worker = new ScriptedWorker(polite);
  const session = await openDeviceSession({ worker, files: FILES, start: START });
  const { port1: sound, port2: view } = new MessageChannel();

  session.listenTo({ sound, sampleRateHz: 48_000, view: undefined });
  expect(worker.transferred).toEqual([sound]);
  session.listenTo({ sound, sampleRateHz: 48_000, view });
  expect(worker.transferred).toEqual([sound, view]);

  expect(worker.received.at(-1)).toEqual({ type: 'listen', way: { sound, sampleRateHz: 48_000, view } });
  sound.close();
});

test('an engine that does not start is an error with its own code', async () => {
  const failing = new ScriptedWorker((_, worker) =>
    worker.say({ type: 'said', message: { type: 'error', code: 'digest_mismatch', message: 'No.' } }),
  );

  await expect(openDeviceSession({ worker: failing, files: FILES, start: START })).rejects.toMatchObject({ code: 'digest_mismatch' });

  expect(failing.isTerminated).toBe(true);
});

test('an engine that breaks ends the session with an error', async () => {
  const worker = new ScriptedWorker(polite);
  const session = await openDeviceSession({ worker, files: FILES, start: START });

  worker.break('out of memory');

  await expect(collect(session.messages)).rejects.toMatchObject({ code: 'engine_failed' });
});

test('audio beyond what may wait is refused until some of it is taken', async () => {
  const worker = new ScriptedWorker(polite);
  const session = await openDeviceSession({ worker, files: FILES, start: START });
  const chunk = new Uint8Array(MAX_BUFFERED_BYTES + 2);

  expect([session.send(chunk), session.send(chunk)]).toEqual([true, false]);
  const writable = session.writable();
  worker.say({ type: 'taken', bytes: chunk.byteLength });
  await writable;

  expect(session.send(chunk)).toBe(true);
});

test('a session that is closed leaves nobody waiting', async () => {
  const worker = new ScriptedWorker(() => undefined);
  const opening = openDeviceSession({ worker, files: FILES, start: START });
  worker.say({ type: 'said', message: READY });
  const session = await opening;
  const stopped = session.stop();

  session.close();

  await expect(stopped).rejects.toMatchObject({ code: 'connection_lost' });
  expect(await collect(session.messages)).toEqual([READY]);
});

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
