/** Keywords in audio that does not end: one session after another, through restarts of the server and losses of the network. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { CodedError } from '#shared/coded-error.ts';
import type { KeywordMessage, ServerMessage } from '#shared/protocol/messages.ts';

import { AudioBacklog } from './audio-backlog.ts';
import { wait } from './backoff.ts';
import { Inbox } from './inbox.ts';
import { moveDelayMs, reopen, type Attempt, type Patience } from './reopen.ts';
import type { FeedbackReport, KeywordSession, Knobs, OpenSession, StartOptions } from './session.ts';
import { RecentAudio } from './recent-audio.ts';
import { bytesOf, StreamClock } from './stream-clock.ts';
import { connectStream, MAX_INBOX_MESSAGES, type ConnectOptions } from './stream-client.ts';
import { mayPass, STREAM_ERROR_CODE, StreamError } from './stream-error.ts';
import { ToldKeywords } from './told-keywords.ts';

/** Audio that may wait while there is no session, or a slow network: 20 s of 16 kHz s16le. The oldest beyond it is dropped. */
export const MAX_BACKLOG_BYTES = 20 * 2 * SAMPLE_RATE_HZ;
/**
 * Audio that the next session is given again: a window of 1 s, the strides over which scores are smoothed and counted, and what a session
 * that was lost may have been given without an answer.
 */
const OVERLAP_MS = 2000;
/** How often a full network is looked at again. */
const BACKLOG_POLL_MS = 10;

/** What happens: the server's messages, and `reconnecting` before every try to get a lost session back. */
export type StreamEvent = ServerMessage | ({ readonly type: 'reconnecting' } & Attempt);

/** Sessions are those of a server, or of whatever opens them. */
export type KeywordStreamOptions = Patience & (ConnectOptions | { readonly start: StartOptions; readonly openSession: OpenSession });

interface Followed {
  readonly session: KeywordSession;
  readonly clock: StreamClock;
}

/**
 * Sends audio and gives events, for as long as there is audio. Keywords of all sessions have one clock and one count: `startMs` is
 * that of the audio given to `send`, from its first sample on, whether or not a session heard it all. Knobs outlive sessions. A session
 * that takes another's place is given its last words again, so that none is lost that was just being said.
 */
export class KeywordStream {
  /** For one consumer. Ends after `stop`; throws the `StreamError` that ends the stream against our will. */
  readonly events: AsyncIterable<StreamEvent>;
  readonly #options: KeywordStreamOptions;
  readonly #inbox = new Inbox<StreamEvent>(MAX_INBOX_MESSAGES);
  readonly #backlog = new AudioBacklog(MAX_BACKLOG_BYTES);
  readonly #recent: RecentAudio;
  readonly #told = new ToldKeywords();
  readonly #ending = new AbortController();
  #start: StartOptions;
  #followed: Followed | undefined;
  /** Of the session that is followed or was last, and of the audio that left the backlog since. */
  #clock: StreamClock;
  #droppedBytes = 0;
  #keywords = 0;
  #isStopping = false;
  #isFlushing = false;

  constructor(options: KeywordStreamOptions) {
    this.#options = options;
    this.#start = options.start;
    this.#clock = new StreamClock(options.start, 0);
    this.#recent = new RecentAudio(bytesOf(options.start, OVERLAP_MS));
    this.events = this.#inbox;
    this.#run().then(
      () => this.#end(),
      (error: unknown) => this.#end(error instanceof Error ? error : new TypeError(String(error))),
    );
  }

  /** How much audio was lost as too much waited. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /**
   * Takes PCM of the format given at the start, whole samples, any length; it is kept until it is sent, so it must not be changed.
   *
   * @returns false if audio had to be dropped
   */
  send(pcm: Uint8Array): boolean {
    if (this.#ending.signal.aborted || this.#isStopping) return false;
    const dropped = this.#backlog.push(pcm);
    this.#droppedBytes += dropped;
    if (dropped > 0) this.#recent.takeAll(); // what comes next does not follow it
    this.#clock.missed(dropped);
    this.#flush();
    return dropped === 0;
  }

  /** Resolves when there is room for more; for senders that can wait, as a microphone cannot. */
  async writable(): Promise<void> {
    while (this.#backlog.bytes > MAX_BACKLOG_BYTES / 2 && !this.#ending.signal.aborted) await wait(BACKLOG_POLL_MS, this.#ending.signal);
  }

  /** Changes some knobs, of this session and of those after it. */
  configure(knobs: Knobs): void {
    this.#start = { ...this.#start, ...knobs };
    this.#followed?.session.configure(knobs);
  }

  /**
   * Says where the keywords were wrong; samples are those of events. The answer is an event, `kept` or a `warning`.
   *
   * @returns false if the audio was not of the session that is open: nobody has it any more
   */
  feedback({ startSample, endSample, ...report }: FeedbackReport): boolean {
    if (!this.#followed?.session.feedback || this.#isStopping || this.#ending.signal.aborted) return false;
    const { session, clock } = this.#followed;
    const [start, end] = [startSample, endSample].map((sample) => (sample === undefined ? undefined : clock.inSession(sample)));
    if ((startSample !== undefined && start === undefined) || (endSample !== undefined && end === undefined)) return false;
    session.feedback?.({ ...report, ...(start !== undefined && { startSample: start }), ...(end !== undefined && { endSample: end }) });
    return true;
  }

  /**
   * Sends what waits and asks for what is due; resolves when it has all come, or the stream has ended otherwise. Who cannot wait for a
   * server that is away uses `close`.
   *
   * @throws {StreamError} what ended the session before its `end` came
   */
  async stop(): Promise<void> {
    const { signal } = this.#ending;
    while ((!this.#followed || this.#backlog.bytes > 0) && !signal.aborted) await wait(BACKLOG_POLL_MS, signal);
    if (signal.aborted || this.#isStopping) return;
    this.#isStopping = true;
    await this.#followed?.session.stop();
  }

  /** Ends at once. */
  close(): void {
    this.#end();
  }

  async #run(): Promise<void> {
    let followed = await this.#openFirst();
    while (followed) followed = await this.#followToNext(followed);
  }

  async #openFirst(): Promise<Followed | undefined> {
    try {
      return this.#adopt(await this.#open());
    } catch (error) {
      return this.#reopen(error);
    }
  }

  /** Follows one session to its end. @returns what has taken its place */
  async #followToNext(followed: Followed): Promise<Followed | undefined> {
    try {
      await this.#follow(followed);
    } catch (error) {
      if (this.#isStopping) throw error;
      if (this.#followed === followed) return this.#reopen(error);
    }
    return this.#followed === followed ? undefined : this.#followed;
  }

  async #follow(followed: Followed): Promise<void> {
    for await (const message of followed.session.messages) {
      if (message.type === 'end' && this.#followed !== followed) this.#told.formerEnded();
      else this.#take(followed, message);
      if (message.type === 'goaway') void this.#moveOver(followed, message.reconnectAfterMs);
    }
  }

  #take(followed: Followed, message: ServerMessage): void {
    const { clock } = followed;
    if (message.type === 'keyword') this.#takeKeyword(followed, clock.inAll(message));
    else if (message.type === 'posteriors') this.#takePosteriors({ ...message, endSample: clock.endInAll(message.endSample) });
    else if (message.type === 'model') this.#tell({ ...message, fromSample: clock.endInAll(message.fromSample) });
    else this.#tell(message);
  }

  #takeKeyword(followed: Followed, message: KeywordMessage): void {
    const isToBeTold = this.#followed === followed ? this.#told.tell(message) : this.#told.tellOfFormer(message);
    if (isToBeTold) this.#tell({ ...message, sequence: this.#keywords++ });
  }

  /** Those of audio that is given again have been told. */
  #takePosteriors(message: Extract<ServerMessage, { type: 'posteriors' }>): void {
    if (this.#told.heardUntil(message.endSample)) this.#tell(message);
  }

  /** Opens the next session before the server ends this one. Where that fails, the end of this one is what brings us back. */
  async #moveOver(leaving: Followed, reconnectAfterMs: number): Promise<void> {
    const { wait: pause = wait, random = Math.random } = this.#options;
    await pause(moveDelayMs(reconnectAfterMs, random()), this.#ending.signal);
    if (this.#ending.signal.aborted || this.#isStopping || this.#followed !== leaving) return;
    try {
      this.#adopt(await this.#open());
      await leaving.session.stop();
    } catch (error) {
      if (!(error instanceof CodedError)) this.#end(error instanceof Error ? error : new TypeError(String(error)));
    }
  }

  /** @throws what will not pass */
  async #reopen(cause: unknown): Promise<Followed | undefined> {
    if (!mayPass(cause)) throw cause;
    this.#followed = undefined;
    const session = await reopen({
      ...this.#options,
      cause,
      open: () => this.#open(),
      signal: this.#ending.signal,
      onAttempt: (attempt) => this.#tell({ type: 'reconnecting', ...attempt }),
    });
    return session && this.#adopt(session);
  }

  #open(): Promise<KeywordSession> {
    const options = this.#options;
    return 'openSession' in options ? options.openSession(this.#start) : connectStream({ ...options, start: this.#start });
  }

  #adopt(session: KeywordSession): Followed | undefined {
    if (this.#ending.signal.aborted) {
      session.close();
      return undefined;
    }
    const untilSample = this.#clock.passedSamples;
    this.#clock = new StreamClock(this.#start, this.#clock.passedBytes - this.#takeBack(session.ready));
    const { windowSamples, strideSamples } = session.ready;
    this.#told.share({ fromSample: this.#clock.passedSamples, untilSample, windowSamples, strideSamples });
    const followed = { session, clock: this.#clock };
    this.#followed = followed;
    this.#flush();
    return followed;
  }

  /** Puts back what the session before was last given. @returns how many bytes */
  #takeBack({ strideSamples }: KeywordSession['ready']): number {
    return this.#backlog.putBack(this.#recent.takeFromStride(this.#clock.sentBytes, this.#clock.bytesOf(strideSamples)));
  }

  /** Gives the session what waits, as far as its network takes it. */
  #flush(): void {
    if (this.#isFlushing) return;
    for (;;) {
      const chunk = this.#backlog.first;
      if (!chunk || !this.#followed || this.#ending.signal.aborted) return;
      if (!this.#followed.session.send(chunk)) return this.#flushLater();
      this.#recent.push(chunk);
      this.#followed.clock.sent(this.#backlog.shift());
    }
  }

  #flushLater(): void {
    this.#isFlushing = true;
    void wait(BACKLOG_POLL_MS, this.#ending.signal).then(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #tell(event: StreamEvent): void {
    if (this.#inbox.push(event)) return;
    this.#end(new StreamError(STREAM_ERROR_CODE.inboxFull, `More than ${MAX_INBOX_MESSAGES} messages wait to be read.`));
  }

  /** The first call counts. */
  #end(error?: Error): void {
    this.#ending.abort();
    this.#inbox.end(error);
    this.#followed?.session.close();
  }
}
