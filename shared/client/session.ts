/** What gives keywords for audio: a session on a server, or an engine in the page. */

import type { Configure, Feedback, ServerMessage, Start } from '#shared/protocol/messages.ts';

export type ReadyMessage = Extract<ServerMessage, { type: 'ready' }>;
export type EndMessage = Extract<ServerMessage, { type: 'end' }>;
export type StartOptions = Omit<Start, 'type'>;
export type Knobs = Omit<Configure, 'type'>;
export type FeedbackReport = Omit<Feedback, 'type'>;

/** One stream of audio in, messages out. */
export interface KeywordSession {
  readonly ready: ReadyMessage;
  /** Every message from `ready` on, for one consumer; throws when the session ends against our will. */
  readonly messages: AsyncIterable<ServerMessage>;
  /**
   * Takes PCM of the format given at the start: whole samples, any length.
   *
   * @returns false when it was dropped because too much is waiting to be sent
   */
  send(pcm: Uint8Array): boolean;
  /** Resolves when `send` would take more; for senders that can wait, as a microphone cannot. */
  writable(): Promise<void>;
  configure(knobs: Knobs): void;
  /** Says where the keywords were wrong, of a session whose `ready` says that feedback is kept; absent where nothing is ever kept. */
  feedback?(report: FeedbackReport): void;
  /** Asks for what is due; resolves when it has all come. */
  stop(): Promise<EndMessage>;
  close(): void;
}

/** Opens a session; resolves when it is ready for audio. */
export type OpenSession = (start: StartOptions) => Promise<KeywordSession>;
