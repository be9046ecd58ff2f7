/** Holds a recording heard in a session to the answer that an upload of it gets. */

import { expect, test } from 'vitest';

import { readWav, writeWav } from '#shared/audio/wav.ts';
import { LocalSession } from '../../../web/engine/local-session.ts';
import { openDeviceSession, type EngineWorker } from '../../../web/engine/device-session.ts';
import type { FromEngine, ToEngine } from '../../../web/engine/worker-messages.ts';
import { detectInSession } from '../../../web/stream/detect-in-session.ts';
import type { OpenSession } from '#shared/client/session.ts';
import { detectKeyword } from '../../../web/stream/upload.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { testKernelEngine } from '../../helpers/kernel.ts';
import { readRecording } from '../../helpers/recordings.ts';
import { startTestServer } from '../../helpers/test-server.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';

const FILES = { kernelUrl: '', manifestUrl: '', weightsUrl: '' };

test.each(['yes', 'speech'] as const)('%s gets the same answer here as from the service', async (name) => {
  const { samples } = readWav(await readRecording(name));
  const server = await startTestServer();

  const here = await detectInSession(samples, await openHere());
  const there = await detectKeyword(server.url, new Blob([new Uint8Array(writeWav(samples, 16_000))]));

  expect(here).toEqual(there);
});

test('a recording without sound is an error', async () => {
  await expect(detectInSession(new Float32Array(0), await openHere())).rejects.toMatchObject({ code: 'empty_wav' });
});

/** The engine of the page, in this thread in place of a worker. */
async function openHere(): Promise<OpenSession> {
  const classifier = (await testKernelEngine()).load(await tinyArtefact());
  return (start) => openDeviceSession({ worker: new EngineHere(classifier), files: FILES, start });
}

class EngineHere implements EngineWorker {
  readonly #classifier: Classifier;
  #session: LocalSession | undefined;
  #onMessage: (event: MessageEvent<FromEngine>) => void = () => undefined;

  constructor(classifier: Classifier) {
    this.#classifier = classifier;
  }

  postMessage(message: ToEngine): void {
    if (message.type === 'open') {
      const emit = (said: Extract<FromEngine, { type: 'said' }>['message']): void => this.#say({ type: 'said', message: said });
      this.#session = new LocalSession({ classifier: this.#classifier, start: message.start, emit });
    }
    if (message.type === 'audio') {
      this.#session?.push(message.pcm);
      this.#say({ type: 'taken', bytes: message.pcm.byteLength });
    }
    if (message.type === 'stop') this.#session?.stop();
  }

  terminate(): void {
    this.#session = undefined;
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === 'message') this.#onMessage = listener as (event: MessageEvent<FromEngine>) => void;
  }

  #say(data: FromEngine): void {
    this.#onMessage({ data } as MessageEvent<FromEngine>);
  }
}
