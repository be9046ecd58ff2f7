/** A session without a socket: what it does when the other side does not read, and after its end. */

import { setImmediate } from 'node:timers/promises';

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';
import { parseServerMessage, serialise } from '#shared/protocol/codec.ts';
import type { ServerMessage } from '#shared/protocol/messages.ts';
import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import type { Peer } from '../../../services/stream/ws/peer.ts';
import { ANYONE, type Grant } from '../../../services/stream/auth/grant.ts';
import { readSettings } from '../../../services/stream/config.ts';
import { LoadMeter } from '../../../services/stream/load/load-meter.ts';
import { createMetrics } from '../../../services/stream/observability/metrics.ts';
import type { SessionContext } from '../../../services/stream/ws/session-context.ts';
import { Session } from '../../../services/stream/ws/session.ts';
import { Turns } from '../../../services/stream/ws/turns.ts';
import { babble } from '../../helpers/arbitrary-audio.ts';
import { stillModel } from '../../helpers/still-model.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';

const classifier = referenceEngine.load(await tinyArtefact());
const MONO = { type: 'start', sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 } as const;
const START = serialise({ ...MONO, posteriors: true });
const START_QUIET = serialise(MONO);
const WINDOW = encodePcm(babble(16_000), 'pcm_s16le');
const SLICE = WINDOW.subarray(0, 8000);
/** A window, in slices that are worked on at once. */
const sendWindow = (session: Session): void => {
  for (let i = 0; i < 4; i++) session.receiveAudio(WINDOW.subarray(8000 * i, 8000 * (i + 1)));
};

/** Keeps what it is sent, and as much unsent as a test says. */
class KeepingPeer implements Peer {
  readonly messages: ServerMessage[] = [];
  readonly closes: number[] = [];
  unsentBytes = 0;
  isPaused = false;

  send(text: string): void {
    this.messages.push(parseServerMessage(text));
  }

  close(code: number): void {
    this.closes.push(code);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  get types(): readonly string[] {
    return this.messages.map(({ type }) => type);
  }
}

/** A clock that a test moves. */
let nowMs = 0;
let session: Session | undefined;
beforeEach(() => (nowMs = 0));
afterEach(() => session?.disconnected());

const limitsOf = (environment: Record<string, string>) => readSettings(environment, '/project').limits;

function open(environment: Record<string, string> = {}, gate: SessionContext['gate'] = { admit: () => ANYONE }) {
  const peer = new KeepingPeer();
  const limits = { ...limitsOf(environment), maxUnsentBytes: 1000 };
  const skipsSilence = environment['SKIP_SILENCE'] === 'on';
  const now = (): number => nowMs;
  const load = new LoadMeter({ ...limits, now });
  const turns = new Turns(now);
  const metrics = createMetrics(() => 0);
  session = new Session(
    { models: stillModel(classifier), limits, skipsSilence, gate, turns, load, metrics, log: pino({ level: 'silent' }), now },
    { peer },
  );
  return { session, peer, turns, metrics };
}

test('a client that does not read what it asked for is let go', () => {
  const { session, peer } = open();
  session.receiveText(Buffer.from(START));
  peer.unsentBytes = 1001;

  sendWindow(session);

  expect(peer.messages.at(-1)).toMatchObject({ type: 'error', code: 'slow_reader' });
  expect(peer.closes).toEqual([1008]);
});

test('one that is behind by no more than it may be is told what is left out, and gets it again once it has caught up', () => {
  const { session, peer } = open();
  session.receiveText(Buffer.from(START));

  peer.unsentBytes = 1000;
  sendWindow(session);
  session.receiveAudio(SLICE);
  peer.unsentBytes = 200; // a quarter is where it begins, an eighth where it ends
  session.receiveAudio(SLICE);
  expect(peer.types).toEqual(['ready', 'warning']);
  peer.unsentBytes = 100;
  session.receiveAudio(SLICE);

  expect(peer.messages[1]).toMatchObject({ code: 'posteriors_dropped' });
  expect(peer.types.slice(2)).toContain('posteriors');
});

test('one that is behind by a quarter of what it may be still gets posteriors', () => {
  const { session, peer } = open();
  session.receiveText(Buffer.from(START));
  peer.unsentBytes = 250;

  sendWindow(session);

  expect(peer.types).toEqual(['ready', 'posteriors']);
});

test('what comes after stop is not looked at', () => {
  const { session, peer } = open();
  session.receiveText(Buffer.from(START));
  session.receiveText(Buffer.from(serialise({ type: 'stop' })));

  session.receiveAudio(new Uint8Array(3));
  session.receiveText(Buffer.from('{'));
  session.receiveText(Buffer.from(START));

  expect(peer.types).toEqual(['ready', 'end']);
  expect(peer.closes).toEqual([1000]);
});

test('what comes after an error is not looked at', () => {
  const { session, peer } = open();
  session.receiveText(Buffer.from('{'));

  session.receiveText(Buffer.from(START));

  expect(peer.types).toEqual(['error']);
  expect(peer.closes).toEqual([1007]);
});

test('a session that is over is not told to go away', () => {
  const { session, peer } = open();
  session.disconnected();

  session.announceDrain(1000);

  expect(peer.messages).toEqual([]);
});

describe('audio that waits', () => {
  test('is worked on in turns, and in order with what else was sent', async () => {
    const { session, peer, turns } = open();
    session.receiveText(Buffer.from(START));

    session.receiveAudio(WINDOW);
    session.receiveText(Buffer.from(serialise({ type: 'configure', posteriors: false })));
    session.receiveAudio(WINDOW);
    session.receiveText(Buffer.from(serialise({ type: 'stop' })));
    expect(peer.types).toEqual(['ready']);
    while (!turns.isIdle) await setImmediate();

    expect(peer.types).toEqual(['ready', 'posteriors', 'end']);
    expect(peer.messages.at(-1)).toMatchObject({ samples: 32_000, windows: 13 });
  });

  test('makes the socket wait if it has only just come, and is all heard', async () => {
    const { session, peer, turns } = open({ MAX_QUEUED_AUDIO_MS: '2000' });
    session.receiveText(Buffer.from(START));

    for (let i = 0; i < 2; i++) session.receiveAudio(WINDOW);
    expect(peer.isPaused).toBe(false);
    session.receiveAudio(WINDOW);
    expect(peer.isPaused).toBe(true);
    session.receiveText(Buffer.from(serialise({ type: 'stop' })));
    while (!turns.isIdle) await setImmediate();

    expect(peer.isPaused).toBe(false);
    expect(peer.messages.at(-1)).toMatchObject({ type: 'end', samples: 48_000 });
  });

  test('for too long goes, oldest first; the client is told, and the clock stays right', async () => {
    const { session, peer, turns, metrics } = open({ MAX_QUEUED_AUDIO_MS: '2000' });
    session.receiveText(Buffer.from(START));

    for (let second = 0; second < 3; second++) {
      nowMs += 1000;
      session.receiveAudio(WINDOW);
    }
    session.receiveText(Buffer.from(serialise({ type: 'stop' })));
    while (!turns.isIdle) await setImmediate();

    expect(peer.messages[1]).toMatchObject({ type: 'warning', code: 'audio_dropped', samples: 32_000 });
    expect(peer.messages.filter(({ type }) => type === 'posteriors')).toMatchObject([{ endSample: 48_000 }]);
    expect(peer.messages.at(-1)).toMatchObject({ type: 'end', samples: 48_000, windows: 1 });
    expect((await metrics.droppedAudioSeconds.get()).values[0]).toMatchObject({ value: 2 });
  });

  test('does not let control messages pile up', () => {
    const { session, peer } = open();
    session.receiveText(Buffer.from(START));
    session.receiveAudio(WINDOW);

    for (let i = 0; i <= 64; i++) session.receiveText(Buffer.from(serialise({ type: 'configure' })));

    expect(peer.isPaused).toBe(true);
  });
});

describe('audio that is not worth hearing as it is', () => {
  test('is warned of where it is at full scale again and again', () => {
    const { session, peer } = open();
    session.receiveText(Buffer.from(START_QUIET));
    const clipped = encodePcm(new Float32Array(4000).fill(1), 'pcm_s16le');

    for (let i = 0; i < 12; i++) session.receiveAudio(clipped);

    expect(peer.messages.slice(1)).toMatchObject([{ type: 'warning', code: 'clipping' }]);
  });

  test('is left out where it is silence, if the service is set so, and told as silence', async () => {
    const { session, peer, metrics } = open({ SKIP_SILENCE: 'on' });
    session.receiveText(Buffer.from(START));

    for (let i = 0; i < 20; i++) session.receiveAudio(new Uint8Array(8000));

    expect(peer.messages.at(-1)).toMatchObject({ type: 'posteriors', values: [0, 0, 0, 1] });
    expect(peer.messages.filter(({ type }) => type === 'posteriors')).toHaveLength(51);
    const [skipped, scored] = [await metrics.skippedWindows.get(), await metrics.windows.get()];
    expect(skipped.values[0]!.value).toBeGreaterThan(0);
    expect(skipped.values[0]!.value + scored.values[0]!.value).toBe(51);
  });
});

describe('audio faster than allowed', () => {
  const limits = { AUDIO_BURST_MS: '4000', AUDIO_MAX_SPEED: '2' };

  test('is warned of, then ends the session', () => {
    const { session, peer } = open(limits);
    session.receiveText(Buffer.from(START_QUIET));

    for (let i = 0; i < 17; i++) session.receiveAudio(SLICE);

    expect(peer.messages.slice(1)).toMatchObject([
      { type: 'warning', code: 'too_fast' },
      { type: 'error', code: 'too_fast' },
    ]);
    expect(peer.closes).toEqual([4429]);
  });

  test('is fine in a burst, and at the speed allowed for ever', () => {
    const { session, peer } = open(limits);
    session.receiveText(Buffer.from(START_QUIET));

    for (let i = 0; i < 12; i++) session.receiveAudio(SLICE);
    for (let i = 0; i < 20; i++) {
      nowMs += 125;
      session.receiveAudio(SLICE);
    }

    expect(peer.types).toEqual(['ready']);
  });

  test('is fine if the token allows it', () => {
    const { session, peer } = open(limits, { admit: () => ({ subject: 'tester', maxSpeed: 1000 }) });
    session.receiveText(Buffer.from(START_QUIET));

    for (let i = 0; i < 40; i++) {
      nowMs += 1;
      session.receiveAudio(SLICE);
    }

    expect(peer.types).toEqual(['ready']);
  });
});

describe('a token that takes time to check', () => {
  test('holds back what comes after start, and nothing is lost', async () => {
    let admit: (grant: Grant) => void = () => undefined;
    const { session, peer, turns } = open({}, { admit: () => new Promise((resolve) => (admit = resolve)) });
    session.receiveText(Buffer.from(START));
    sendWindow(session);
    session.receiveText(Buffer.from(serialise({ type: 'stop' })));
    expect(peer.messages).toEqual([]);

    admit(ANYONE);
    await setImmediate();
    while (!turns.isIdle) await setImmediate();

    expect(peer.types).toEqual(['ready', 'posteriors', 'end']);
  });

  test('and is not valid ends the session', async () => {
    const { session, peer } = open({}, { admit: () => Promise.reject(new ProtocolError('unauthorized', 'no')) });

    session.receiveText(Buffer.from(START));
    await setImmediate();

    expect(peer.messages).toMatchObject([{ type: 'error', code: 'unauthorized' }]);
    expect(peer.closes).toEqual([1008]);
  });

  test('and runs out ends the session then', async () => {
    const { session, peer } = open({}, { admit: () => ({ subject: 'tester', expiresAtMs: Date.now() }) });

    session.receiveText(Buffer.from(START));
    while (peer.closes.length === 0) await setImmediate();

    expect(peer.messages).toMatchObject([{ type: 'ready' }, { type: 'error', code: 'token_expired' }]);
    expect(peer.closes).toEqual([1008]);
  });

  test('and breaks on a mistake of ours ends this session only, without a word of what it was', async () => {
    const { session, peer } = open({}, { admit: () => Promise.reject(new RangeError('secret')) });

    session.receiveText(Buffer.from(START));
    await setImmediate();

    expect(peer.messages).toMatchObject([{ type: 'error', code: 'internal_error' }]);
    expect(JSON.stringify(peer.messages)).not.toContain('secret');
    expect(peer.closes).toEqual([1011]);
  });

  test('does not bring back a client that has gone', async () => {
    const { session, peer } = open({}, { admit: () => Promise.resolve(ANYONE) });

    session.receiveText(Buffer.from(START));
    session.disconnected();
    await setImmediate();

    expect(peer.messages).toEqual([]);
  });
});
