/** One client's session: *awaiting start → streaming → finishing → closed*. Knows the protocol, not the socket. */

import { randomUUID } from 'node:crypto';

import type { Logger } from 'pino';

import { assertNever } from '#shared/assert-never.ts';
import { CodedError } from '#shared/coded-error.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import { Spotter, type HeardWindow, type ModelChange, type SpotterListener } from '#shared/pipeline/spotter.ts';
import { CLOSE_CODE, type CloseCode } from '#shared/protocol/close-codes.ts';
import { parseClientMessage, serialise } from '#shared/protocol/codec.ts';
import {
  PROTOCOL_VERSION,
  type ClientMessage,
  type Configure,
  type DetectedEvent,
  type Feedback,
  type Start,
} from '#shared/protocol/messages.ts';
import { closeCodeOf, ProtocolError } from '#shared/protocol/protocol-error.ts';
import { accepts, type SessionPhase } from '#shared/protocol/session-rules.ts';

import type { Grant } from '../auth/grant.ts';
import { SessionFeedback } from '../feedback/session-feedback.ts';
import type { Span } from '../observability/span.ts';
import { NO_TRACING } from '../observability/tracing.ts';
import type { LoadShare } from '../load/load-meter.ts';
import type { Seat } from '../models/seat.ts';
import { summaryOf } from '../models/summary.ts';
import { ClippingWatch } from './clipping-watch.ts';
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
  readonly seat: Seat;
  readonly spotter: Spotter;
  readonly share: LoadShare;
  readonly clipping: ClippingWatch;
  readonly feedback: SessionFeedback;
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
  readonly #span: Span;
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
    this.#span = (context.tracing ?? NO_TRACING).begin('kws.session', { 'kws.session': this.id });
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
      else if (next?.type === 'gap') this.#skip(state, state.format.framesOf(next.bytes));
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
    if (this.#state.phase === 'streaming' && isOurFault(error)) this.#state.seat.failed();
    this.#context.metrics.refused.inc({ reason: error.code });
    this.#log.info({ code: error.code }, 'session failed');
    this.#span.fail(error.code);
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
      case 'feedback':
        return void this.#takeFeedback(message);
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
    start: Start,
    { grant, format, pace }: { readonly grant: Grant; readonly format: StreamFormat; readonly pace: PaceLimiter },
  ): void {
    const { load, metrics, inbox } = this.#context;
    load.assertRoom();
    const feedback = new SessionFeedback({ session: this.id, inbox, hasConsent: start.feedback ?? false, tenant: grant.tenant });
    const { seat, spotter } = this.#takeSeat(start, feedback);
    if (grant.maxSpeed !== undefined) pace.allow(grant.maxSpeed);
    this.#state = { phase: 'streaming', seat, spotter, format, pace, share: load.open(), clipping: new ClippingWatch(start), feedback };
    this.#sendsPosteriors = start.posteriors ?? false;
    this.#life.begin(grant.expiresAtMs === undefined ? Infinity : grant.expiresAtMs - Date.now());
    const stream = streamOf(spotter.manifest);
    this.#outbox.send({ type: 'ready', session: this.id, protocol: PROTOCOL_VERSION, ...stream, ...(feedback.isOn && { feedback: true }) });
    metrics.sessionsStarted.inc();
    const { sampleRate, encoding, channels, model } = start;
    this.#log.info({ sampleRate, encoding, channels, model, subject: grant.subject }, 'session started');
    const { name, version } = spotter.manifest;
    this.#span.set({ sampleRate, encoding, channels, 'kws.model': name, 'kws.model.version': version });
    if (!this.#queue.isEmpty) this.#context.turns.add(this);
  }

  /** @throws {CodedError} `unknown_model`, `unknown_keyword`, `kernel_out_of_memory` */
  #takeSeat(
    { sampleRate, encoding, channels, model, keywords, threshold, patience, refractoryMs }: Start,
    feedback: SessionFeedback,
  ): Pick<Streaming, 'seat' | 'spotter'> {
    const input = { sampleRateHz: sampleRate, encoding, channels };
    const knobs = { keywords, threshold, patience, refractoryMs };
    const seat = this.#context.models.seat(model, { session: this.id, input, knobs, onMove: (classifier) => this.#moveTo(classifier) });
    try {
      const { skipsSilence } = this.#context;
      return {
        seat,
        spotter: new Spotter({ classifier: seat.classifier, input, knobs, skipsSilence, listener: this.#listenerAt(seat, feedback) }),
      };
    } catch (error) {
      seat.release();
      throw error;
    }
  }

  #listenerAt(seat: Seat, { onAudio }: SessionFeedback): SpotterListener {
    return {
      ...(onAudio && { onAudio }),
      onKeyword: (event) => {
        this.#sendKeyword(event);
        seat.noted(event);
      },
      onWindow: (window) => this.#sendPosteriors(window),
      onModelChange: (change) => this.#sendModel(change),
    };
  }

  #moveTo(classifier: Classifier): void {
    this.#guard(() => {
      if (this.#state.phase === 'streaming') this.#state.spotter.replaceClassifier(classifier);
    });
  }

  #configure({ type: _, posteriors, ...knobs }: Configure): void {
    if (this.#state.phase !== 'streaming') return;
    this.#state.spotter.configure(knobs);
    this.#state.seat.configured(knobs);
    this.#sendsPosteriors = posteriors ?? this.#sendsPosteriors;
  }

  /** Never rejects: what is wrong with a clip is no fault of the session. */
  async #takeFeedback(message: Feedback): Promise<void> {
    if (this.#state.phase !== 'streaming') return;
    const { feedback, spotter } = this.#state;
    const { kind } = message;
    try {
      const clip = await feedback.take(message, spotter.manifest);
      this.#log.info({ clip, kind }, 'feedback kept');
      this.#context.metrics.feedback.inc({ kind, outcome: 'kept' });
      this.#guard(() => this.#outbox.send({ type: 'kept', clip }));
    } catch (error) {
      const { code, message: why } = this.#codedOf(error);
      this.#context.metrics.feedback.inc({ kind, outcome: code });
      this.#guard(() => this.#warn(code, why));
    }
  }

  #stop(): void {
    if (this.#state.phase !== 'streaming') return;
    this.#hearsSinceMs = this.#context.now();
    const summary = this.#state.spotter.finish();
    this.#release({ phase: 'finishing' });
    this.#outbox.send({ type: 'end', ...summary });
    this.#log.info({ ...summary }, 'session finished');
    this.#span.set({ ...summary });
    this.leave(CLOSE_CODE.done, 'done');
  }

  /** Small enough to be worked on while the others wait, if any did. */
  #canHearAtOnce({ format }: Streaming, { byteLength }: Uint8Array): boolean {
    return this.#queue.isEmpty && this.#context.turns.isIdle && byteLength <= format.sliceBytes;
  }

  #skip({ spotter, seat }: Streaming, frames: number): void {
    spotter.skip(frames);
    seat.skipped(frames);
  }

  #hear({ seat, spotter, format, share, clipping }: Streaming, chunk: Uint8Array, arrivedMs: number): void {
    const { now, load, metrics } = this.#context;
    const beganMs = now();
    this.#hearsSinceMs = arrivedMs;
    this.#windowsOfSlice = 0;
    if (clipping.hears(chunk)) this.#warn('clipping', 'the audio is at full scale again and again: turn the microphone down');
    spotter.push(chunk);
    const audioMs = format.msOf(chunk.byteLength);
    seat.heard(chunk, { frames: format.framesOf(chunk.byteLength), audioMs });
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
    this.#warn('audio_dropped', 'the service was behind; audio was left out', { samples });
  }

  /** @throws {ProtocolError} `too_fast` */
  #assertPace(pace: PaceLimiter, audioMs: number): void {
    if (!pace.take(audioMs)) throw new ProtocolError('too_fast', 'audio keeps coming faster than allowed');
    if (!pace.isLow) this.#isWarnedOfPace = false;
    else if (!this.#isWarnedOfPace) {
      this.#isWarnedOfPace = true;
      this.#warn('too_fast', 'audio comes faster than allowed; if it goes on, the session ends');
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

  #warn(code: string, message: string, details: { readonly samples?: number } = {}): void {
    this.#context.metrics.warnings.inc({ code });
    this.#outbox.send({ type: 'warning', code, message, ...details });
  }

  #sendKeyword(event: DetectedEvent): void {
    const { metrics, now } = this.#context;
    this.#outbox.send({ type: 'keyword', ...event });
    metrics.keywords.inc({ keyword: event.keyword });
    metrics.eventLatency.observe((now() - this.#hearsSinceMs) / 1000);
  }

  #sendModel({ fromSample, missingKeywords }: ModelChange): void {
    if (this.#state.phase !== 'streaming') return;
    this.#outbox.send({ type: 'model', fromSample, ...streamOf(this.#state.spotter.manifest) });
    if (missingKeywords.length === 0) return;
    const message = `the model does not have ${missingKeywords.join(', ')}; once one has, they are heard again`;
    this.#warn('keywords_missing', message);
  }

  #sendPosteriors({ endSample, posteriors, isSkipped }: HeardWindow): void {
    const { metrics } = this.#context;
    if (isSkipped) metrics.skippedWindows.inc();
    else metrics.windows.inc();
    this.#windowsOfSlice++;
    if (!this.#sendsPosteriors) return;
    const isSent = this.#outbox.sendPosteriors({ type: 'posteriors', endSample, values: Array.from(posteriors) });
    if (!isSent) metrics.droppedPosteriors.inc();
  }

  /** The one place where an error becomes the end of a session. Even a mistake of ours must not reach the sessions beside it. */
  #guard(act: () => void): void {
    try {
      if (this.#state.phase !== 'finishing' && this.#state.phase !== 'closed') act();
    } catch (error) {
      this.fail(this.#codedOf(error));
    }
  }

  #codedOf(error: unknown): CodedError {
    if (error instanceof CodedError) return error;
    this.#log.error({ err: error }, 'session broke');
    return new CodedError('internal_error', 'the service made a mistake; it is in its log');
  }

  #release(next: State): void {
    this.#life.end();
    this.#queue.clear();
    this.#context.turns.remove(this);
    if (this.#state.phase === 'streaming') {
      this.#state.spotter.close();
      this.#state.seat.release();
      this.#state.share.release();
      this.#state.feedback.end();
    }
    if (next.phase === 'closed' && this.#state.phase !== 'closed') this.#span.end();
    this.#state = next;
  }
}

/** Whether a client that did nothing wrong loses its session. */
function isOurFault(error: CodedError): boolean {
  return closeCodeOf(error) === CLOSE_CODE.internal || error.code === 'kernel_out_of_memory';
}

function streamOf(manifest: Manifest) {
  const { windowSamples, strideSamples } = manifest;
  return { model: summaryOf(manifest), windowSamples, strideSamples };
}
