/** Any order of frames, ticks of the clock and turns: a session keeps to the protocol, and lets go of all it took. */

import { pino } from 'pino';

import type { Convolver } from '#shared/audio/convolver.ts';
import type { Classifier, ClassifierStream } from '#shared/model/classifier.ts';
import { parseServerMessage } from '#shared/protocol/codec.ts';

import { ANYONE } from '../../../services/stream/auth/grant.ts';
import { readSettings } from '../../../services/stream/config.ts';
import { LoadMeter } from '../../../services/stream/load/load-meter.ts';
import { createMetrics } from '../../../services/stream/observability/metrics.ts';
import type { Peer } from '../../../services/stream/ws/peer.ts';
import { Session } from '../../../services/stream/ws/session.ts';
import { Turns } from '../../../services/stream/ws/turns.ts';
import { stillModel } from '../../helpers/still-model.ts';
import { bytesOf, type Target } from '../target.ts';

const MAX_STEPS = 64;
/** Frames that are worth sending, by number: no mutation spells them out by chance. */
const FRAMES = [
  '{"type":"start","sampleRate":16000,"encoding":"pcm_s16le","channels":1,"posteriors":true}',
  '{"type":"start","sampleRate":44100,"encoding":"pcm_f32le","channels":2,"threshold":0}',
  '{"type":"start","sampleRate":8000,"encoding":"pcm_s16le","channels":2,"keywords":["yes"],"patience":1}',
  '{"type":"configure","threshold":0,"patience":1,"refractoryMs":0}',
  '{"type":"configure","keywords":["no"],"posteriors":false}',
  '{"type":"configure","keywords":["sesame"]}',
  '{"type":"stop"}',
  '{"type":"hello"}',
].map((text) => Buffer.from(text));
const BAD_STEP = 250;
const { limits } = readSettings({ AUDIO_BURST_MS: '20000', MAX_QUEUED_AUDIO_MS: '1000', MAX_UNSENT_BYTES: '1024' }, '/project');
const log = pino({ level: 'silent' });
const metrics = createMetrics(() => 0);

/** A script: each step is a byte that says what, and one that says how much. */
export function sessionTarget(classifier: Classifier): Target {
  const counted = new CountingClassifier(classifier);
  return {
    name: 'session',
    sources: ['services/stream/ws', 'shared/pipeline', 'shared/detection', 'shared/protocol'],
    seeds: [
      [0, 0, 8, 200, 8, 200, 6, 0],
      [1, 0, 9, 255, 3, 0, 9, 255, 10, 0, 6, 0],
      [2, 0, 8, 255, 8, 255, 8, 255, 11, 200, 8, 255, 10, 0, 4, 0, 6, 0],
      [0, 0, 12, 255, 8, 255, 13, 0],
      [8, 1, 0, 0],
      [0, 0, 14, 7, 6, 0],
    ].map((steps) => Uint8Array.from(steps)),
    dictionary: [...FRAMES.map((_, i) => Uint8Array.of(i, 0)), bytesOf('{"')],
    run: (input) => play(input, counted),
  };
}

function play(input: Uint8Array, classifier: CountingClassifier): void {
  let nowMs = 0;
  const now = (): number => nowMs;
  const load = new LoadMeter({ maxLoad: Infinity, maxLagMs: Infinity, now });
  const peer = new WatchingPeer();
  const turns = new Turns(now);
  const context = { limits, skipsSilence: (input[0] ?? 0) % 2 === 1, gate: { admit: () => ANYONE }, models: stillModel(classifier) };
  const session = new Session({ ...context, turns, load, metrics, log, now }, { peer });
  for (let i = 0; i + 1 < Math.min(input.length, 2 * MAX_STEPS); i += 2) {
    const [what, amount] = [input[i]!, input[i + 1]!];
    const frame = FRAMES[what];
    if (frame) session.receiveText(frame);
    else if (what === 8) session.receiveAudio(noise(amount * 64));
    else if (what === 9) session.receiveAudio(noise(amount * 256));
    else if (what === 10) session.takeTurn();
    else if (what === 11) nowMs += amount * 10;
    else if (what === 12) peer.unsentBytes = amount * 8;
    else if (what === 13) session.announceDrain(amount);
    else if (what === 14) session.receiveAudio(input.subarray(i, i + amount));
    else if (what < BAD_STEP) session.receiveText(Buffer.from(input.subarray(i, i + amount)));
    else session.disconnected();
  }
  session.disconnected();
  if (load.load !== 0) throw new Error('the session still counts as load');
  if (!turns.isIdle) throw new Error('the session still waits for its turn');
  if (classifier.openStreams !== 0) throw new Error(`${classifier.openStreams} streams of the model are still open`);
}

/** Knows how many streams are open. What the kernel keeps for all, as the filters of usual rates, does not count. */
class CountingClassifier implements Classifier {
  readonly manifest: Classifier['manifest'];
  readonly extractor: Classifier['extractor'];
  readonly convolver?: Convolver;
  readonly #classifier: Classifier;
  openStreams = 0;

  constructor(classifier: Classifier) {
    this.#classifier = classifier;
    this.manifest = classifier.manifest;
    this.extractor = classifier.extractor;
    if (classifier.convolver) this.convolver = classifier.convolver;
  }

  openStream(): ClassifierStream {
    const stream = this.#classifier.openStream();
    this.openStreams++;
    const close = (): void => {
      this.openStreams--;
      stream.close();
    };
    return { advance: (frames) => stream.advance(frames), reset: () => stream.reset(), close };
  }

  close(): void {
    this.#classifier.close();
  }
}

/** Holds what is sent to the protocol. */
class WatchingPeer implements Peer {
  unsentBytes = 0;
  #isClosed = false;
  #isPaused = false;

  send(text: string): void {
    if (this.#isClosed) throw new TypeError('something was sent after the close');
    const message = parseServerMessage(text);
    if (message.type === 'error' && message.code === 'internal_error') throw new TypeError('the session made a mistake');
  }

  close(): void {
    if (this.#isClosed) throw new TypeError('the socket was closed twice');
    this.#isClosed = true;
  }

  pause(): void {
    if (this.#isPaused) throw new TypeError('the socket was paused twice');
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }
}

const NOISE = Uint8Array.from({ length: 65_536 }, (_, i) => (i * 2_654_435_761) >>> 24);

function noise(bytes: number): Uint8Array {
  return NOISE.subarray(0, bytes);
}
