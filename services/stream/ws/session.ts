/** One client's session: *awaiting start → streaming → finishing → closed*. Knows the protocol, not the socket. */

import { randomUUID } from 'node:crypto';

import type { Logger } from 'pino';

import { assertNever } from '#shared/assert-never.ts';
import { CodedError } from '#shared/coded-error.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import { Spotter, type HeardWindow } from '#shared/pipeline/spotter.ts';
import { CLOSE_CODE, type CloseCode } from '#shared/protocol/close-codes.ts';
import { parseClientMessage, serialise } from '#shared/protocol/codec.ts';
import { PROTOCOL_VERSION, type ClientMessage, type Configure, type ServerMessage, type Start } from '#shared/protocol/messages.ts';
import { closeCodeOf, ProtocolError } from '#shared/protocol/protocol-error.ts';
import { accepts, type SessionPhase } from '#shared/protocol/session-rules.ts';

import type { Limits } from '../config.ts';
import { summaryOf } from '../models/summary.ts';

/** What a session needs of its socket. */
export interface Peer {
  send(text: string): void;
  close(code: CloseCode, reason: string): void;
  /** Sent, but not yet taken by the network. */
  readonly unsentBytes: number;
}

export interface SessionOptions {
  readonly classifier: Classifier;
  readonly peer: Peer;
  readonly limits: Pick<Limits, 'startTimeoutMs' | 'idleTimeoutMs' | 'maxUnsentBytes'>;
  readonly log: Logger;
}

type State =
  | { readonly phase: 'awaiting-start' }
  | { readonly phase: 'streaming'; readonly spotter: Spotter }
  | { readonly phase: 'finishing' }
  | { readonly phase: 'closed' };

/** Works off each message as it comes; whatever is wrong ends this session with a coded error, and no other. */
export class Session {
  readonly id = randomUUID();
  readonly #classifier: Classifier;
  readonly #peer: Peer;
  readonly #limits: SessionOptions['limits'];
  readonly #log: Logger;
  #state: State = { phase: 'awaiting-start' };
  #sendsPosteriors = false;
  #patience: NodeJS.Timeout;

  constructor({ classifier, peer, limits, log }: SessionOptions) {
    this.#classifier = classifier;
    this.#peer = peer;
    this.#limits = limits;
    this.#log = log.child({ session: this.id });
    this.#patience = this.#failAfter(limits.startTimeoutMs, 'start_timeout', 'no start message came');
  }

  get phase(): SessionPhase {
    return this.#state.phase;
  }

  /** Takes a text frame. */
  receiveText(text: string): void {
    this.#guard(() => {
      const message = parseClientMessage(text);
      if (accepts(this.phase, message.type)) this.#act(message);
    });
  }

  /** Takes a binary frame: PCM, as `start` said. */
  receiveAudio(chunk: Uint8Array): void {
    this.#guard(() => {
      if (!accepts(this.phase, 'audio') || this.#state.phase !== 'streaming') return;
      this.#patience.refresh();
      this.#state.spotter.push(chunk);
    });
  }

  /** Asks the client to come back elsewhere; the session goes on. */
  announceDrain(reconnectAfterMs: number): void {
    if (this.phase === 'awaiting-start' || this.phase === 'streaming') this.#send({ type: 'goaway', reconnectAfterMs });
  }

  /** Ends the session from this side. */
  leave(code: CloseCode, reason: string): void {
    if (this.phase === 'closed') return;
    this.#release({ phase: 'closed' });
    this.#peer.close(code, reason);
  }

  /** Ends the session with a coded error and the close that follows from it. */
  fail(error: CodedError): void {
    if (this.phase === 'closed') return;
    this.#peer.send(serialise({ type: 'error', code: error.code, message: error.message }));
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
        return this.#start(message);
      case 'configure':
        return this.#configure(message);
      case 'stop':
        return this.#stop();
      default:
        return assertNever(message);
    }
  }

  #start({ sampleRate, encoding, channels, posteriors = false, ...knobs }: Start): void {
    const spotter = new Spotter({
      classifier: this.#classifier,
      input: { sampleRateHz: sampleRate, encoding, channels },
      knobs,
      listener: {
        onKeyword: (event) => this.#send({ type: 'keyword', ...event }),
        onWindow: (window) => this.#sendPosteriors(window),
      },
    });
    this.#state = { phase: 'streaming', spotter };
    this.#sendsPosteriors = posteriors;
    clearTimeout(this.#patience);
    this.#patience = this.#failAfter(this.#limits.idleTimeoutMs, 'idle_timeout', 'nothing was sent');
    this.#send({ type: 'ready', session: this.id, protocol: PROTOCOL_VERSION, ...streamOf(spotter.manifest) });
    this.#log.info({ sampleRate, encoding, channels }, 'session started');
  }

  #configure({ type: _, posteriors, ...knobs }: Configure): void {
    if (this.#state.phase !== 'streaming') return;
    this.#patience.refresh();
    this.#state.spotter.configure(knobs);
    this.#sendsPosteriors = posteriors ?? this.#sendsPosteriors;
  }

  #stop(): void {
    if (this.#state.phase !== 'streaming') return;
    const summary = this.#state.spotter.finish();
    this.#release({ phase: 'finishing' });
    this.#send({ type: 'end', ...summary });
    this.#log.info({ ...summary }, 'session finished');
    this.leave(CLOSE_CODE.done, 'done');
  }

  #sendPosteriors({ endSample, posteriors }: HeardWindow): void {
    if (this.#sendsPosteriors) this.#send({ type: 'posteriors', endSample, values: Array.from(posteriors) });
  }

  /** @throws {ProtocolError} `slow_reader` */
  #send(message: ServerMessage): void {
    if (this.#peer.unsentBytes > this.#limits.maxUnsentBytes) {
      throw new ProtocolError('slow_reader', `more than ${this.#limits.maxUnsentBytes} bytes of messages lie unread`);
    }
    this.#peer.send(serialise(message));
  }

  /** The one place where an error becomes the end of a session. Even a mistake of ours must not reach the sessions beside it. */
  #guard(act: () => void): void {
    try {
      if (this.phase !== 'finishing' && this.phase !== 'closed') act();
    } catch (error) {
      if (error instanceof CodedError) return this.fail(error);
      this.#log.error({ err: error }, 'session broke');
      this.fail(new CodedError('internal_error', 'the service made a mistake; it is in its log'));
    }
  }

  #failAfter(timeoutMs: number, code: 'start_timeout' | 'idle_timeout', what: string): NodeJS.Timeout {
    return setTimeout(() => this.fail(new ProtocolError(code, `${what} for ${timeoutMs} ms`)), timeoutMs);
  }

  #release(next: State): void {
    clearTimeout(this.#patience);
    if (this.#state.phase === 'streaming') this.#state.spotter.close();
    this.#state = next;
  }
}

function streamOf(manifest: Manifest) {
  const { windowSamples, strideSamples } = manifest;
  return { model: summaryOf(manifest), windowSamples, strideSamples };
}
