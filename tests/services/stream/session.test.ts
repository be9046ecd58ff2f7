/** A session without a socket: what it does when the other side does not read, and after its end. */

import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';
import { parseServerMessage, serialise } from '#shared/protocol/codec.ts';
import type { ServerMessage } from '#shared/protocol/messages.ts';

import { Session, type Peer } from '../../../services/stream/ws/session.ts';
import { babble } from '../../helpers/arbitrary-audio.ts';
import { tinyArtefact } from '../../helpers/tiny-model.ts';

const classifier = referenceEngine.load(await tinyArtefact());
const START = serialise({ type: 'start', sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1, posteriors: true });
const SECOND = encodePcm(babble(16_000), 'pcm_s16le');

/** Keeps what it is sent, and as much unsent as a test says. */
class KeepingPeer implements Peer {
  readonly messages: ServerMessage[] = [];
  readonly closes: number[] = [];
  unsentBytes = 0;

  send(text: string): void {
    this.messages.push(parseServerMessage(text));
  }

  close(code: number): void {
    this.closes.push(code);
  }

  get types(): readonly string[] {
    return this.messages.map(({ type }) => type);
  }
}

let session: Session | undefined;
afterEach(() => session?.disconnected());

function open(): { session: Session; peer: KeepingPeer } {
  const peer = new KeepingPeer();
  const limits = { startTimeoutMs: 60_000, idleTimeoutMs: 60_000, maxUnsentBytes: 1000 };
  session = new Session({ classifier, peer, limits, log: pino({ level: 'silent' }) });
  return { session, peer };
}

test('a client that does not read what it asked for is let go', () => {
  const { session, peer } = open();
  session.receiveText(START);
  peer.unsentBytes = 1001;

  session.receiveAudio(SECOND);

  expect(peer.messages.at(-1)).toMatchObject({ type: 'error', code: 'slow_reader' });
  expect(peer.closes).toEqual([1008]);
});

test('one that is behind by no more than it may be is not', () => {
  const { session, peer } = open();
  session.receiveText(START);
  peer.unsentBytes = 1000;

  session.receiveAudio(SECOND);

  expect(peer.types).toEqual(['ready', 'posteriors']);
});

test('what comes after stop is not looked at', () => {
  const { session, peer } = open();
  session.receiveText(START);
  session.receiveText(serialise({ type: 'stop' }));

  session.receiveAudio(new Uint8Array(3));
  session.receiveText('{');
  session.receiveText(START);

  expect(peer.types).toEqual(['ready', 'end']);
  expect(peer.closes).toEqual([1000]);
});

test('what comes after an error is not looked at', () => {
  const { session, peer } = open();
  session.receiveText('{');

  session.receiveText(START);

  expect(peer.types).toEqual(['error']);
  expect(peer.closes).toEqual([1007]);
});

test('a session that is over is not told to go away', () => {
  const { session, peer } = open();
  session.disconnected();

  session.announceDrain(1000);

  expect(peer.messages).toEqual([]);
});
