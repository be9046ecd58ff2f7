/** Joins microphone and session: the one place where sound goes out and keywords come in. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { CodedError } from '#shared/coded-error.ts';
import type { Microphone, OpenMicrophone } from '../audio/microphone.ts';
import { MicrophoneError } from '../audio/microphone-error.ts';
import { isDirect } from '../engine/direct-session.ts';
import type { ServerMessage } from '#shared/protocol/messages.ts';
import { KeywordStream, type StreamEvent } from '#shared/client/keyword-stream.ts';
import type { Patience } from '#shared/client/reopen.ts';
import { canStart, INITIAL_STATE, reduce, type Happening, type PageState } from './reducer.ts';
import type { KeywordSession, Knobs, OpenSession, StartOptions } from '#shared/client/session.ts';

/** What the microphone's encoder makes. */
const MICROPHONE_FORMAT: StartOptions = { sampleRate: SAMPLE_RATE_HZ, encoding: 'pcm_s16le', channels: 1 };

/** Sees what passes through, such as a live view. */
export interface Onlooker {
  /** Listening begins: sample 0 of all messages is the next chunk's first. */
  onBegin?(): void;
  /** A chunk of 16 kHz s16le, and whether it counts: what comes before a session is there does not. */
  onAudio?(pcm: Uint8Array<ArrayBuffer>, isSent: boolean): void;
  /** An engine of this page hears the microphone itself. @returns where it is to tell what it hears, and its posteriors, as `ToLiveView` */
  onEngine?(): MessagePort | undefined;
  onMessage(message: ServerMessage): void;
}

export interface ListenerOptions extends Patience {
  readonly openMicrophone: OpenMicrophone;
  readonly openSession: OpenSession;
  /** Called after every change of `state`. */
  readonly onChange: () => void;
  /** Called with the input level, in [0, 1], linear in decibels, when it has moved: too often to be part of `state`. */
  readonly onLevel?: (level: number) => void;
  readonly onlooker?: Onlooker;
}

/** One press of the button: what it holds, in the order it got it. */
interface Run {
  readonly ending: AbortController;
  microphone?: Microphone;
  stream?: KeywordStream;
}

/** Starts, follows and ends sessions; what it knows is in `state`. */
export class Listener {
  readonly #options: ListenerOptions;
  #state = INITIAL_STATE;
  #level = 0;
  #run: Run | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  get state(): PageState {
    return this.#state;
  }

  /** Adds to what is known; also for what others learn, such as the model in use. */
  fold(happening: Happening): void {
    const before = this.#state;
    this.#state = reduce(before, happening);
    if (this.#state !== before) this.#options.onChange();
  }

  /** Listens until `stop`, or until something is lost for good; resolves when it is over. Coded failures are states, not rejections. */
  async start(): Promise<void> {
    if (!canStart(this.#state.listening)) return;
    const run: Run = { ending: new AbortController() };
    this.#run = run;
    this.fold({ type: 'asked' });
    try {
      await this.#openMicrophone(run);
      await this.#converse(run);
      this.#end(run, { type: 'stopped' });
    } catch (error) {
      this.#end(run, failure(error));
      if (!(error instanceof CodedError)) throw error;
    }
  }

  /** Lets the server finish what it has; the state is idle once it has. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    if (this.#state.listening.phase === 'reconnecting') this.#end(run, { type: 'stopped' });
    if (!run.stream || this.#state.listening.phase !== 'listening') return;
    this.#closeMicrophone(run);
    this.fold({ type: 'stopping' });
    try {
      await run.stream.stop();
    } catch (error) {
      this.#end(run, failure(error));
    }
  }

  /** Changes knobs of the running session; without one, the next is opened with them anyway. */
  configure(knobs: Knobs): void {
    this.#run?.stream?.configure(knobs);
  }

  /** Lets held-back sound go on, as after a click or when the page is seen again. */
  async resume(): Promise<void> {
    await this.#run?.microphone?.resume();
  }

  /** Ends everything at once, as when the page goes away. */
  close(): void {
    if (this.#run) this.#end(this.#run, { type: 'stopped' });
  }

  async #openMicrophone(run: Run): Promise<void> {
    const microphone = await this.#options.openMicrophone({
      onAudio: (pcm) => this.#pass(run, pcm),
      onLevel: (level) => this.#showLevel(run, level),
      onLost: (error) => this.#end(run, failure(error)),
      onPaused: (isPaused) => {
        if (run === this.#run) this.fold({ type: isPaused ? 'paused' : 'resumed' });
      },
    });
    run.microphone = microphone;
    if (run !== this.#run) microphone.close();
  }

  /** From the first session through every one that takes its place; only the first is not tried for again. */
  async #converse(run: Run): Promise<void> {
    if (run !== this.#run) return;
    this.fold({ type: 'opened' });
    const first = await this.#openSession(run);
    if (run !== this.#run) {
      first.close();
      return;
    }
    run.stream = this.#streamFrom(run, first);
    this.#options.onlooker?.onBegin?.();
    for await (const event of run.stream.events) {
      if (run !== this.#run) return;
      this.#take(event);
    }
  }

  #streamFrom(run: Run, first: KeywordSession): KeywordStream {
    const { wait, random } = this.#options;
    let isFirst = true;
    return new KeywordStream({
      start: MICROPHONE_FORMAT,
      openSession: () => {
        if (!isFirst) return this.#openSession(run);
        isFirst = false;
        return Promise.resolve(first);
      },
      ...(wait && { wait }),
      ...(random && { random }),
    });
  }

  /** With the knobs that the settings name by now. An engine of this page takes the sound from the microphone itself. */
  async #openSession(run: Run): Promise<KeywordSession> {
    const session = await this.#options.openSession(MICROPHONE_FORMAT);
    if (!run.microphone || !isDirect(session)) return session;
    const { port1, port2 } = new MessageChannel();
    run.microphone.sendTo(port1);
    session.listenTo({ sound: port2, sampleRateHz: run.microphone.sampleRateHz, view: this.#options.onlooker?.onEngine?.() });
    return session;
  }

  #take(event: StreamEvent): void {
    if (event.type === 'error') return; // the failure that follows says the same
    if (event.type === 'reconnecting') {
      const { attempt, delayMs, reason } = event;
      return this.fold({ type: 'reconnecting', attempt, delayMs, message: reason.message });
    }
    this.fold(event);
    this.#options.onlooker?.onMessage(event);
  }

  #pass(run: Run, pcm: Uint8Array<ArrayBuffer>): void {
    if (run !== this.#run) return;
    this.#options.onlooker?.onAudio?.(pcm, run.stream !== undefined);
    if (!run.stream || run.stream.send(pcm) || this.#state.listening.phase !== 'listening') return;
    this.fold({ type: 'warning', code: 'audio_dropped', message: 'The engine is too slow: some sound was left out.' });
  }

  /** Lets go of all that a run holds. Once it is over, what still happens to it changes nothing. */
  #end(run: Run, happening: Happening): void {
    if (run !== this.#run) return;
    this.#run = undefined;
    run.ending.abort();
    this.#closeMicrophone(run);
    run.stream?.close();
    this.fold(happening);
  }

  #closeMicrophone(run: Run): void {
    run.microphone?.close();
    this.#showLevel(run, 0);
    delete run.microphone;
  }

  /** Of a microphone that is closed, the last level is none. */
  #showLevel({ microphone }: Run, level: number): void {
    if (!microphone || level === this.#level) return;
    this.#level = level;
    this.#options.onLevel?.(level);
  }
}

/** What a run's failure means for the page. */
function failure(error: unknown): Happening {
  if (!(error instanceof CodedError)) return { type: 'lost', code: 'page_failed', message: 'This page made a mistake. Please reload it.' };
  const neverHeard = error instanceof MicrophoneError && error.code !== 'microphone_lost';
  return { type: neverHeard ? 'blocked' : 'lost', code: error.code, message: error.message };
}
