/** Holds the on-device engine to the service: the same audio, the same messages. */

import { expect, onTestFinished, test } from 'vitest';

import { readWav } from '#shared/audio/wav.ts';
import { encodePcm } from '#shared/audio/pcm.ts';
import type { ServerMessage } from '#shared/protocol/messages.ts';
import { LocalSession } from '../../../web/engine/local-session.ts';
import { connectStream } from '#shared/client/stream-client.ts';
import type { StartOptions } from '#shared/client/session.ts';
import { testKernelEngine } from '../../helpers/kernel.ts';
import { readRecording } from '../../helpers/recordings.ts';
import { startTestServer } from '../../helpers/test-server.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';
import { openSocket } from '../../helpers/scripted-server.ts';

/** Low enough for a network with random weights to hear something. */
const KNOBS = { threshold: 0.3, patience: 1, posteriors: true };
const START: StartOptions = { sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1, ...KNOBS };

test.each([['speech'], ['yes-stop-left']] as const)('hears in %s what the service hears, bit by bit', async (recording) => {
  const pcm = await pcmOf(recording);

  const [here, there] = [await hearHere(pcm), await hearThere(pcm)];

  expect(here.filter(({ type }) => type === 'keyword').length).toBeGreaterThan(0);
  expect(here.map(withoutSession)).toEqual(there.map(withoutSession));
});

test('a knob that the model does not know ends the session with the code that the service gives', async () => {
  const messages = await hearHere(new Uint8Array(), { ...START, keywords: ['nonsense'] });

  expect(messages).toMatchObject([{ type: 'error', code: 'unknown_keyword' }]);
});

test('thresholds change from the next window on', async () => {
  const pcm = await pcmOf('speech');
  const messages: ServerMessage[] = [];
  const session = new LocalSession({ classifier: await tinyClassifier(), start: START, emit: (message) => messages.push(message) });

  session.configure({ threshold: 1 });
  session.push(pcm);
  session.stop();

  expect(messages.some(({ type }) => type === 'keyword')).toBe(false);
  expect(messages.at(-1)).toMatchObject({ type: 'end', samples: pcm.byteLength / 2, keywords: 0 });
});

test('samples are heard as the PCM that they are, and sound that was left out is said and moves time on', async () => {
  const { samples } = readWav(await readRecording('speech'));
  const classifier = await tinyClassifier();
  const messages: ServerMessage[] = [];
  const session = new LocalSession({ classifier, start: { ...START, encoding: 'pcm_f32le' }, emit: (message) => messages.push(message) });

  session.pushSamples(samples);
  const whole = messages.splice(0);
  session.skip(16_000);
  session.stop();

  expect(whole).toEqual((await hearHere(encodePcm(samples, 'pcm_f32le'), { ...START, encoding: 'pcm_f32le' })).slice(0, -1));
  expect(messages).toMatchObject([
    { type: 'warning', code: 'audio_dropped', samples: 16_000 },
    { type: 'end', samples: samples.length + 16_000 },
  ]);
});

async function hearHere(pcm: Uint8Array, start = START): Promise<ServerMessage[]> {
  const messages: ServerMessage[] = [];
  const session = new LocalSession({ classifier: await tinyClassifier(), start, emit: (message) => messages.push(message) });
  session.push(pcm);
  session.stop();
  return messages;
}

async function hearThere(pcm: Uint8Array): Promise<ServerMessage[]> {
  const server = await startTestServer();
  const client = await connectStream({ url: server.url.replace('http', 'ws') + '/v1/stream', start: START, openSocket });
  onTestFinished(() => client.close());
  client.send(pcm);
  await client.stop();
  const messages: ServerMessage[] = [];
  for await (const message of client.messages) messages.push(message);
  return messages;
}

async function tinyClassifier() {
  const engine = await testKernelEngine();
  return engine.load(await tinyArtefact());
}

async function pcmOf(recording: 'speech' | 'yes-stop-left'): Promise<Uint8Array> {
  return encodePcm(readWav(await readRecording(recording)).samples, 'pcm_s16le');
}

function withoutSession(message: ServerMessage): unknown {
  return 'session' in message ? { ...message, session: '' } : message;
}
