/** Joins microphone and session: the one place where sound goes out and keywords come in. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { CodedError } from '#shared/coded-error.ts';
import { fallingLevel } from '../audio/level.ts';
import type { Microphone, OpenMicrophone } from '../audio/microphone.ts';
import { MicrophoneError } from '../audio/microphone-error.ts';
import type { AudioChunk } from '../audio/pcm-encoder.ts';
import { canStart, INITIAL_STATE, reduce, type Happening, type PageState } from './reducer.ts';
import type { KeywordSession, OpenSession, StartOptions } from './session.ts';

/** What the microphone's encoder makes. */
const MICROPHONE_FORMAT: StartOptions = { sampleRate: SAMPLE_RATE_HZ, encoding: 'pcm_s16le', channels: 1 };

export interface ListenerOptions {
  readonly openMicrophone: OpenMicrophone;
  readonly openSession: OpenSession;
  /** Called after every change of `state` or `level`. */
  readonly onChange: () => void;
}

/** One press of the button: what it holds, in the order it got it. */
interface Run {
  microphone?: Microphone;
  session?: KeywordSession;
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

  /** Input level for a meter, in [0, 1], linear in decibels. */
  get level(): number {
    return this.#level;
  }

  /** Adds to what is known; also for what others learn, such as the model in use. */
  fold(happening: Happening): void {
    this.#state = reduce(this.#state, happening);
    this.#options.onChange();
  }

  /** Listens until `stop`, or until something is lost; resolves when it is over. Coded failures are states, not rejections. */
  async start(): Promise<void> {
    if (!canStart(this.#state.listening)) return;
    const run: Run = {};
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
    if (!run?.session || this.#state.listening.phase !== 'listening') return;
    this.#closeMicrophone(run);
    this.fold({ type: 'stopping' });
    try {
      await run.session.stop();
    } catch (error) {
      this.#end(run, failure(error));
    }
  }

  /** Ends everything at once, as when the page goes away. */
  close(): void {
    if (this.#run) this.#end(this.#run, { type: 'stopped' });
  }

  async #openMicrophone(run: Run): Promise<void> {
    const microphone = await this.#options.openMicrophone({
      onChunk: (chunk) => this.#pass(run, chunk),
      onLost: (error) => this.#end(run, failure(error)),
    });
    run.microphone = microphone;
    if (run !== this.#run) microphone.close();
  }

  async #converse(run: Run): Promise<void> {
    if (run !== this.#run) return;
    this.fold({ type: 'opened' });
    run.session = await this.#options.openSession(MICROPHONE_FORMAT);
    if (run !== this.#run) run.session.close();
    for await (const message of run.session.messages) {
      if (run === this.#run) this.fold(message);
    }
  }

  #pass(run: Run, { pcm, rms }: AudioChunk): void {
    if (run !== this.#run) return;
    this.#level = fallingLevel(this.#level, rms);
    const accepted = run.session?.send(new Uint8Array(pcm)) ?? true;
    if (accepted) return this.#options.onChange();
    this.fold({ type: 'warning', code: 'audio_dropped', message: 'The network is too slow: some sound was left out.' });
  }

  /** Lets go of all that a run holds. Once it is over, what still happens to it changes nothing. */
  #end(run: Run, happening: Happening): void {
    if (run !== this.#run) return;
    this.#run = undefined;
    this.#closeMicrophone(run);
    run.session?.close();
    this.fold(happening);
  }

  #closeMicrophone(run: Run): void {
    run.microphone?.close();
    delete run.microphone;
    this.#level = 0;
  }
}

/** What a run's failure means for the page. */
function failure(error: unknown): Happening {
  if (!(error instanceof CodedError)) return { type: 'lost', code: 'page_failed', message: 'This page made a mistake. Please reload it.' };
  const neverHeard = error instanceof MicrophoneError && error.code !== 'microphone_lost';
  return { type: neverHeard ? 'blocked' : 'lost', code: error.code, message: error.message };
}
