/** Holds the joining of microphone and session to its promises, with a microphone of the test's own. */

import { describe, expect, test, vi } from 'vitest';

import { CLOSE_CODE } from '#shared/protocol/close-codes.ts';
import type { KeywordMessage, ServerMessage } from '#shared/protocol/messages.ts';
import { MicrophoneError } from '../../../web/audio/microphone-error.ts';
import type { MicrophoneOptions, OpenMicrophone } from '../../../web/audio/microphone.ts';
import { backoffMs, MAX_ATTEMPTS } from '#shared/client/backoff.ts';
import { Inbox } from '#shared/client/inbox.ts';
import type { EndMessage } from '#shared/client/session.ts';
import { connectStream } from '#shared/client/stream-client.ts';
import type { DirectSession, DirectWay } from '../../../web/engine/direct-session.ts';
import { Listener } from '../../../web/stream/listener.ts';
import type { PageState } from '../../../web/stream/reducer.ts';
import { END, POLITE, READY, startScriptedServer, type Script } from '../../helpers/scripted-server.ts';

const YES: KeywordMessage = {
  type: 'keyword',
  keyword: 'yes',
  score: 0.9,
  startMs: 0,
  endMs: 1000,
  startSample: 0,
  endSample: 16_000,
  model: '1',
  sequence: 0,
};
const CHUNK = new Uint8Array(2560);
const LEVEL = 0.7;

/** Sound comes out of it when the test speaks. */
class FakeMicrophone {
  readonly #error: MicrophoneError | undefined;
  #options: MicrophoneOptions | undefined;
  isOpen = false;
  readonly sentTo: MessagePort[] = [];

  constructor(error?: MicrophoneError) {
    this.#error = error;
  }

  readonly open: OpenMicrophone = (options) => {
    if (this.#error) return Promise.reject(this.#error);
    this.#options = options;
    this.isOpen = true;
    return Promise.resolve({
      sampleRateHz: 48_000,
      sendTo: (engine) => void this.sentTo.push(engine),
      resume: () => Promise.resolve(this.#options?.onPaused(false)),
      close: () => (this.isOpen = false),
    });
  };

  speak(): void {
    this.#options?.onLevel(LEVEL);
    this.#options?.onAudio(CHUNK);
  }

  pause(): void {
    this.#options?.onPaused(true);
  }

  unplug(): void {
    this.#options?.onLost(new MicrophoneError('microphone_lost', 'Unplugged.'));
  }
}

describe('a run', () => {
  test('sends what the microphone hears, shows what the server hears, and stops when told to', async () => {
    const { listener, microphone, until, levels } = await startListener((peer, frame) =>
      frame.bytes ? peer.say(YES) : POLITE(peer, frame),
    );

    const run = listener.start();
    await until(({ listening }) => listening.phase === 'listening');
    microphone.speak();
    await until(({ heard }) => heard.length === 1);
    await listener.stop();
    await run;

    expect(listener.state).toMatchObject({ listening: { phase: 'idle' }, heard: [YES] });
    expect(levels).toEqual([LEVEL, 0]);
    expect(microphone.isOpen).toBe(false);
  });

  test('can follow another', async () => {
    const { listener, until } = await startListener(POLITE);

    for (let i = 0; i < 2; i++) {
      const run = listener.start();
      await until(({ listening }) => listening.phase === 'listening');
      await listener.stop();
      await run;
    }

    expect(listener.state.listening.phase).toBe('idle');
  });

  test('is not started twice', async () => {
    const { listener, until } = await startListener(POLITE);

    const run = listener.start();
    await listener.start();
    await until(({ listening }) => listening.phase === 'listening');
    listener.close();
    await run;

    expect(listener.state.listening.phase).toBe('idle');
  });
});

test('an engine of this page hears the microphone itself, and tells the onlooker itself', async () => {
  const microphone = new FakeMicrophone();
  const session = new DirectSessionOfTest();
  const { port1, port2 } = new MessageChannel();
  const listener = new Listener({
    openMicrophone: microphone.open,
    openSession: () => Promise.resolve(session),
    onChange: () => undefined,
    onlooker: { onMessage: () => undefined, onEngine: () => port1 },
  });

  const run = listener.start();
  await vi.waitUntil(() => session.way !== undefined);
  const sound = new Promise((resolve) => session.way?.sound.addEventListener('message', ({ data }) => resolve(data)));
  session.way?.sound.start();
  microphone.sentTo[0]?.postMessage('sound');

  expect(await sound).toBe('sound');
  expect(session.way).toMatchObject({ sampleRateHz: 48_000, view: port1 });
  listener.close();
  await run;
  for (const port of [port1, port2, ...microphone.sentTo]) port.close();
});

/** Keeps where it was told to listen. */
class DirectSessionOfTest implements DirectSession {
  readonly ready = READY;
  readonly messages = new Inbox<ServerMessage>(10);
  way: DirectWay | undefined;

  listenTo(way: DirectWay): void {
    this.way = way;
  }

  send(): boolean {
    return true;
  }

  writable(): Promise<void> {
    return Promise.resolve();
  }

  configure(): void {
    throw new TypeError('no knob changes here');
  }

  stop(): Promise<EndMessage> {
    return Promise.resolve(END);
  }

  close(): void {
    this.messages.end();
  }
}

describe('what goes wrong', () => {
  test('a refused microphone is said, and no session opened', async () => {
    const { listener, opened } = await startListener(POLITE, new FakeMicrophone(new MicrophoneError('microphone_refused', 'Allow it.')));

    await listener.start();

    expect(listener.state.listening).toEqual({ phase: 'blocked', code: 'microphone_refused', message: 'Allow it.' });
    expect(opened()).toBe(0);
  });

  test('a microphone that is unplugged ends the session', async () => {
    const { listener, microphone, until } = await startListener(POLITE);

    const run = listener.start();
    await until(({ listening }) => listening.phase === 'listening');
    microphone.unplug();
    await run;

    expect(listener.state.listening).toEqual({ phase: 'lost', code: 'microphone_lost', message: 'Unplugged.' });
    expect(microphone.isOpen).toBe(false);
  });

  test('a server that is lost is found again, with the microphone on and what was heard kept', async () => {
    let chunks = 0;
    const { listener, microphone, until, delays } = await startListener((peer, frame) => {
      if (!frame.bytes) return POLITE(peer, frame);
      if (++chunks === 2) peer.socket.terminate();
      if (chunks === 1 || chunks === 5) peer.say({ ...YES, startSample: chunks * 16_000, endSample: (chunks + 1) * 16_000 }); // 3 and 4 are given again
    });

    const run = listener.start();
    await until(({ listening }) => listening.phase === 'listening');
    microphone.speak();
    await until(({ heardTotal }) => heardTotal === 1);
    microphone.speak();
    await until(({ listening }) => listening.phase === 'reconnecting');
    expect(microphone.isOpen).toBe(true);
    await until(({ listening }) => listening.phase === 'listening');
    microphone.speak();
    await until(({ heardTotal }) => heardTotal === 2);
    await listener.stop();
    await run;

    expect(listener.state.heard.map(({ number }) => number)).toEqual([1, 0]);
    expect(delays).toEqual([backoffMs(1, 0.5)]);
  });

  test('a server that stays away is given up after a limit, and the microphone switched off', async () => {
    const { listener, microphone, until, delays, server } = await startListener(POLITE);

    const run = listener.start();
    await until(({ listening }) => listening.phase === 'listening');
    await server.close();
    await run;

    expect(delays).toEqual(Array.from({ length: MAX_ATTEMPTS }, (_, i) => backoffMs(i + 1, 0.5)));
    expect(listener.state.listening).toMatchObject({ phase: 'lost', code: 'server_unreachable' });
    expect(microphone.isOpen).toBe(false);
  });

  test('a server that does not let us in is not asked again', async () => {
    const { listener, microphone, until, delays } = await startListener((peer, frame) =>
      frame.bytes ? peer.socket.close(CLOSE_CODE.notAllowed) : POLITE(peer, frame),
    );

    const run = listener.start();
    await until(({ listening }) => listening.phase === 'listening');
    microphone.speak();
    await run;

    expect(listener.state.listening).toMatchObject({ phase: 'lost', code: 'not_allowed' });
    expect(delays).toEqual([]);
  });

  test('a server that says goaway is left for a new session before it ends the old one', async () => {
    let sessions = 0;
    const { listener, microphone, until, opened } = await startListener((peer, frame) => {
      POLITE(peer, frame);
      if (frame.json?.type === 'start' && ++sessions === 1) peer.say({ type: 'goaway', reconnectAfterMs: 1000 });
      if (frame.bytes) peer.say(YES);
    });
    const phases = new Set<string>();

    const run = listener.start();
    await until(({ listening }) => {
      phases.add(listening.phase);
      return opened() === 2;
    });
    microphone.speak();
    await until(({ heardTotal }) => heardTotal === 1);
    await listener.stop();
    await run;

    expect(phases).not.toContain('reconnecting');
    expect(listener.state.listening.phase).toBe('idle');
  });

  test('sound of the time without a server, and the last of the time before, is heard by the next', async () => {
    const received: number[] = [];
    const { listener, microphone, until } = await startListener((peer, frame) => {
      if (frame.json?.type === 'start') received.push(0);
      if (frame.bytes) received[received.length - 1]! += frame.bytes.length;
      if (frame.bytes && received.length === 1) peer.socket.terminate();
      else if (frame.bytes && received[1] === 3 * CHUNK.byteLength) peer.say(YES);
      else POLITE(peer, frame);
    });

    const run = listener.start();
    await until(({ listening }) => listening.phase === 'listening');
    microphone.speak();
    await until(({ listening }) => listening.phase === 'reconnecting');
    microphone.speak();
    await until(({ listening }) => listening.phase === 'listening');
    microphone.speak();
    await until(({ heardTotal }) => heardTotal === 1);
    listener.close();
    await run;

    expect(received).toEqual([CHUNK.byteLength, 3 * CHUNK.byteLength]);
  });

  test('sound that the browser holds back is said, until it goes on', async () => {
    const { listener, microphone, until } = await startListener(POLITE);
    const run = listener.start();
    await until(({ listening }) => listening.phase === 'listening');

    microphone.pause();
    expect(listener.state.isPaused).toBe(true);
    await listener.resume();
    expect(listener.state.isPaused).toBe(false);

    listener.close();
    await run;
  });

  test('a microphone that comes after the page has gone is switched off', async () => {
    const { listener, microphone, opened } = await startListener(POLITE);

    const run = listener.start();
    listener.close();
    await run;

    expect(microphone.isOpen).toBe(false);
    expect(opened()).toBe(0);
    expect(listener.state.listening.phase).toBe('idle');
  });

  test('a mistake of ours is reported, and still switches the microphone off', async () => {
    const microphone = new FakeMicrophone();
    const listener = new Listener({
      openMicrophone: microphone.open,
      openSession: () => Promise.reject(new TypeError('a mistake')),
      onChange: () => undefined,
    });

    await expect(listener.start()).rejects.toThrow('a mistake');

    expect(listener.state.listening).toMatchObject({ phase: 'lost', code: 'page_failed' });
    expect(microphone.isOpen).toBe(false);
  });
});

async function startListener(script: Script, microphone = new FakeMicrophone()) {
  const server = await startScriptedServer(script);
  const delays: number[] = [];
  const levels: number[] = [];
  let sessions = 0;
  let checks: (() => void)[] = [];
  const listener = new Listener({
    openMicrophone: microphone.open,
    openSession: (start) => {
      sessions += 1;
      return connectStream({ ...server.connection, start });
    },
    onChange: () => checks.forEach((check) => check()),
    onLevel: (level) => levels.push(level),
    wait: (delayMs) => {
      delays.push(delayMs);
      return Promise.resolve();
    },
    random: () => 0.5,
  });
  const until = (isSo: (state: PageState) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isSo(listener.state)) return;
        checks = checks.filter((other) => other !== check);
        resolve();
      };
      checks.push(check);
      check();
    });
  return { listener, microphone, until, opened: () => sessions, delays, levels, server };
}
