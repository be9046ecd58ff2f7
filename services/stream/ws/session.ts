/** One client's session: *awaiting start → streaming → finishing → closed*. Knows the protocol, not the socket. */

import { randomUUID } from 'node:crypto';

import type { Logger } from 'pino';

import { assertNever } from '#shared/assert-never.ts';
import { CodedError } from '#shared/coded-error.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import { Spotter, type HeardWindow } from '#shared/pipeline/spotter.ts';
import { CLOSE_CODE, type CloseCode } from '#shared/protocol/close-codes.ts';
import { parseClientMessage, serialise } from '#shared/protocol/codec.ts';
import { PROTOCOL_VERSION, type ClientMessage, type Configure, type DetectedEvent, type Start } from '#shared/protocol/messages.ts';
import { closeCodeOf, ProtocolError } from '#shared/protocol/protocol-error.ts';
import { accepts, type SessionPhase } from '#shared/protocol/session-rules.ts';

import type { Grant } from '../auth/grant.ts';
import type { LoadShare } from '../load/load-meter.ts';
import { summaryOf } from '../models/summary.ts';
import { InboundQueue } from './inbound-queue.ts';
import { Outbox } from './outbox.ts';
import { PaceLimiter } from './pace-limiter.ts';
import type { Peer } from './peer.ts';
import type { SessionContext } from './session-context.ts';
import { SessionLife } from './session-life.ts';
import { StreamFormat } from './stream-format.ts';
import type { TurnTaker } from './turns.ts';

/** Control messages that may wait behind audio; then the socket has to. */
const MAX_QUEUED_MESSAGES = 64;
/** When a session has become too old: come back at once. */
const RECONNECT_AT_ONCE_MS = 0;

type State =
  | { readonly phase: 'awaiting-start' }
  /** `start` has come, and its token is being checked. */
  | { readonly phase: 'authorising'; readonly format: StreamFormat; readonly pace: PaceLimiter }
  | Streaming
  | { readonly phase: 'finishing' }
  | { readonly phase: 'closed' };

interface Streaming {
  readonly phase: 'streaming';
  readonly format: StreamFormat;
  readonly pace: PaceLimiter;
  readonly spotter: Spotter;
  readonly share: LoadShare;
}

export interface SessionOptions {
  readonly peer: Peer;
  /** From the header or the sub-protocol; `start` may bring another. */
  readonly token?: string | undefined;
}

/** Works off each message in order; whatever is wrong ends this session with a coded error, and no other. */
export class Session implements TurnTaker {
  readonly id = randomUUID();
  readonly #context: SessionContext;
  readonly #peer: Peer;
  readonly #outbox: Outbox;
  readonly #token: string | undefined;
  readonly #log: Logger;
  readonly #life: SessionLife;
  readonly #queue = new InboundQueue();
  #state: State = { phase: 'awaiting-start' };
  #isStopping = false;
  #isPaused = false;
  #isWarnedOfPace = false;
  #sendsPosteriors = false;
  /** When the audio that is being heard came. */
  #hearsSinceMs = 0;
  #windowsOfSlice = 0;

  constructor(context: SessionContext, { peer, token }: SessionOptions) {
    this.#context = context;
    this.#peer = peer;
    this.#outbox = new Outbox(peer, context.limits.maxUnsentBytes);
    this.#token = token;
    this.#log = context.log.child({ session: this.id });
    this.#life = new SessionLife({
      limits: context.limits,
      fail: (error) => this.fail(error),
      onOld: () => this.announceDrain(RECONNECT_AT_ONCE_MS),
    });
  }

  /** As the protocol counts phases. */
  get phase(): SessionPhase {
    const { phase } = this.#state;
    if (phase === 'authorising') return this.#isStopping ? 'finishing' : 'streaming';
    return phase === 'streaming' && this.#isStopping ? 'finishing' : phase;
  }

  /** Takes a text frame. */
  receiveText(data: Buffer): void {
    this.#guard(() => {
      this.#assertSize(data);
      const message = parseClientMessage(data.toString('utf8'), this.#context.limits.maxJsonDepth);
      if (!accepts(this.phase, message.type)) return;
      this.#life.touch();
      this.#isStopping = message.type === 'stop';
      if (this.#queue.isEmpty && this.#state.phase !== 'authorising') return this.#act(message);
      this.#queue.pushMessage(message);
      if (this.#queue.messages > MAX_QUEUED_MESSAGES) this.#pause();
    });
  }

  /** Takes a binary frame: PCM, as `start` said. */
  receiveAudio(chunk: Uint8Array): void {
    this.#guard(() => {
      this.#assertSize(chunk);
      const state = this.#state;
      if (!accepts(this.phase, 'audio') || (state.phase !== 'streaming' && state.phase !== 'authorising')) return;
      state.format.assertWholeFrames(chunk.byteLength);
      this.#life.touch();
      this.#assertPace(state.pace, state.format.msOf(chunk.byteLength));
      if (state.phase === 'streaming' && this.#canHearAtOnce(state, chunk)) this.#hear(state, chunk, this.#context.now());
      else this.#enqueue(state.format, chunk);
    });
  }

  takeTurn(): boolean {
    this.#guard(() => {
      const state = this.#state;
      if (state.phase !== 'streaming') return;
      this.#life.touch(); // its socket may be paused
      const next = this.#queue.shift(state.format.sliceBytes);
      if (next?.type === 'audio') this.#hear(state, next.bytes, next.arrivedMs);
      else if (next?.type === 'gap') state.spotter.skip(state.format.framesOf(next.bytes));
      else if (next?.type === 'message') this.#act(next.message);
      if (state.format.msOf(this.#queue.audioBytes) < this.#context.limits.maxQueuedAudioMs / 2) this.#resume();
    });
    return this.#state.phase === 'streaming' && !this.#queue.isEmpty;
  }

  /** Asks the client to come back elsewhere; the session goes on. */
  announceDrain(reconnectAfterMs: number): void {
    this.#guard(() => this.#outbox.send({ type: 'goaway', reconnectAfterMs }));
  }

  /** Ends the session from this side. */
  leave(code: CloseCode, reason: string): void {
    if (this.#state.phase === 'closed') return;
    this.#release({ phase: 'closed' });
    this.#resume(); // else the answer to the close would never be read
    this.#peer.close(code, reason);
  }

  /** Ends the session with a coded error and the close that follows from it. */
  fail(error: CodedError): void {
    if (this.#state.phase === 'closed') return;
    this.#peer.send(serialise({ type: 'error', code: error.code, message: error.message }));
    this.#context.metrics.refused.inc({ reason: error.code });
    this.#log.info({ code: error.code }, 'session failed');
    this.leave(closeCodeOf(error), error.code);
  }

  /** Lets go of everything once the socket is gone. */
  disconnected(): void {
    this.#release({ phase: 'closed' });
  }

  #act(message: ClientMessage): void {
    switch (message.type) {
      case 'start':
        return this.#authorise(message);
      case 'configure':
        return this.#configure(message);
      case 'stop':
        return this.#stop();
      default:
        return assertNever(message);
    }
  }

  /** @throws {ProtocolError} `unauthorized`, `overloaded` */
  #authorise(start: Start): void {
    const { gate, limits, now } = this.#context;
    const pace = new PaceLimiter({ ...limits, now });
    const format = new StreamFormat(start);
    const grant = gate.admit(start.token ?? this.#token);
    if (!(grant instanceof Promise)) return this.#start(start, { grant, format, pace });
    this.#state = { phase: 'authorising', format, pace };
    grant.then(
      (granted) => this.#guard(() => this.#start(start, { grant: granted, format, pace })),
      (error: unknown) =>
        this.#guard(() => {
          throw error;
        }),
    );
  }

  #start(
    { type: _, sampleRate, encoding, channels, posteriors = false, token: _token, metadata: _metadata, ...knobs }: Start,
    { grant, format, pace }: { readonly grant: Grant; readonly format: StreamFormat; readonly pace: PaceLimiter },
  ): void {
    const { classifier, load, metrics } = this.#context;
    load.assertRoom();
    const spotter = new Spotter({
      classifier,
      input: { sampleRateHz: sampleRate, encoding, channels },
      knobs,
      listener: { onKeyword: (event) => this.#sendKeyword(event), onWindow: (window) => this.#sendPosteriors(window) },
    });
    if (grant.maxSpeed !== undefined) pace.allow(grant.maxSpeed);
    this.#state = { phase: 'streaming', spotter, format, pace, share: load.open() };
    this.#sendsPosteriors = posteriors;
    this.#life.begin(grant.expiresAtMs === undefined ? Infinity : grant.expiresAtMs - Date.now());
    this.#outbox.send({ type: 'ready', session: this.id, protocol: PROTOCOL_VERSION, ...streamOf(spotter.manifest) });
    metrics.sessionsStarted.inc();
    this.#log.info({ sampleRate, encoding, channels, subject: grant.subject }, 'session started');
    if (!this.#queue.isEmpty) this.#context.turns.add(this);
  }

  #configure({ type: _, posteriors, ...knobs }: Configure): void {
    if (this.#state.phase !== 'streaming') return;
    this.#state.spotter.configure(knobs);
    this.#sendsPosteriors = posteriors ?? this.#sendsPosteriors;
  }

  #stop(): void {
    if (this.#state.phase !== 'streaming') return;
    this.#hearsSinceMs = this.#context.now();
    const summary = this.#state.spotter.finish();
    this.#release({ phase: 'finishing' });
    this.#outbox.send({ type: 'end', ...summary });
    this.#log.info({ ...summary }, 'session finished');
    this.leave(CLOSE_CODE.done, 'done');
  }

  /** Small enough to be worked on while the others wait, if any did. */
  #canHearAtOnce({ format }: Streaming, { byteLength }: Uint8Array): boolean {
    return this.#queue.isEmpty && this.#context.turns.isIdle && byteLength <= format.sliceBytes;
  }

  #hear({ spotter, format, share }: Streaming, chunk: Uint8Array, arrivedMs: number): void {
    const { now, load, metrics } = this.#context;
    const beganMs = now();
    this.#hearsSinceMs = arrivedMs;
    this.#windowsOfSlice = 0;
    spotter.push(chunk);
    const audioMs = format.msOf(chunk.byteLength);
    const busyMs = now() - beganMs;
    share.touch();
    load.record({ audioMs, busyMs, waitedMs: beganMs - arrivedMs });
    if (this.#windowsOfSlice > 0) metrics.inference.observe(busyMs / this.#windowsOfSlice / 1000);
    metrics.audioSeconds.inc(audioMs / 1000);
    metrics.sliceWait.observe((beganMs - arrivedMs) / 1000);
  }

  #enqueue(format: StreamFormat, chunk: Uint8Array): void {
    this.#queue.pushAudio(chunk, this.#context.now());
    this.#boundQueue(format);
    if (this.#state.phase === 'streaming') this.#context.turns.add(this);
  }

  /** Too much waits: the network, if the audio has only just come; if it has waited, the service is behind and the oldest goes. */
  #boundQueue(format: StreamFormat): void {
    const { limits, metrics, now } = this.#context;
    if (format.msOf(this.#queue.audioBytes) <= limits.maxQueuedAudioMs) return;
    const waitedMs = now() - (this.#queue.oldestArrivedMs ?? now());
    if (waitedMs < limits.maxQueuedAudioMs / 2) return this.#pause();
    const droppedBytes = this.#queue.dropOldestAudio(format.bytesOf(limits.maxQueuedAudioMs / 2));
    const samples = format.pipelineSamplesOf(droppedBytes);
    metrics.droppedAudioSeconds.inc(format.msOf(droppedBytes) / 1000);
    this.#log.warn({ samples }, 'audio dropped');
    this.#outbox.send({ type: 'warning', code: 'audio_dropped', message: 'the service was behind; audio was left out', samples });
  }

  /** @throws {ProtocolError} `too_fast` */
  #assertPace(pace: PaceLimiter, audioMs: number): void {
    if (!pace.take(audioMs)) throw new ProtocolError('too_fast', 'audio keeps coming faster than allowed');
    if (!pace.isLow) this.#isWarnedOfPace = false;
    else if (!this.#isWarnedOfPace) {
      this.#isWarnedOfPace = true;
      this.#outbox.send({ type: 'warning', code: 'too_fast', message: 'audio comes faster than allowed; if it goes on, the session ends' });
    }
  }

  /** @throws {ProtocolError} `message_too_big` */
  #assertSize({ byteLength }: Uint8Array): void {
    const { maxMessageBytes } = this.#context.limits;
    if (byteLength <= maxMessageBytes) return;
    throw new ProtocolError('message_too_big', `a frame has ${byteLength} bytes, at most ${maxMessageBytes} may be`);
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#context.metrics.pausedReads.inc();
    this.#peer.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#peer.resume();
  }

  #sendKeyword(event: DetectedEvent): void {
    const { metrics, now } = this.#context;
    this.#outbox.send({ type: 'keyword', ...event });
    metrics.keywords.inc({ keyword: event.keyword });
    metrics.eventLatency.observe((now() - this.#hearsSinceMs) / 1000);
  }

  #sendPosteriors({ endSample, posteriors }: HeardWindow): void {
    this.#context.metrics.windows.inc();
    this.#windowsOfSlice++;
    if (!this.#sendsPosteriors) return;
    const isSent = this.#outbox.sendPosteriors({ type: 'posteriors', endSample, values: Array.from(posteriors) });
    if (!isSent) this.#context.metrics.droppedPosteriors.inc();
  }

  /** The one place where an error becomes the end of a session. Even a mistake of ours must not reach the sessions beside it. */
  #guard(act: () => void): void {
    try {
      if (this.#state.phase !== 'finishing' && this.#state.phase !== 'closed') act();
    } catch (error) {
      if (error instanceof CodedError) return this.fail(error);
      this.#log.error({ err: error }, 'session broke');
      this.fail(new CodedError('internal_error', 'the service made a mistake; it is in its log'));
    }
  }

  #release(next: State): void {
    this.#life.end();
    this.#queue.clear();
    this.#context.turns.remove(this);
    if (this.#state.phase === 'streaming') {
      this.#state.spotter.close();
      this.#state.share.release();
    }
    this.#state = next;
  }
}

function streamOf(manifest: Manifest) {
  const { windowSamples, strideSamples } = manifest;
  return { model: summaryOf(manifest), windowSamples, strideSamples };
}
