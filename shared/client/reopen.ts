/** Opens a session in place of one that was lost, with patience. */

import { backoffMs, MAX_ATTEMPTS, wait } from './backoff.ts';
import type { KeywordSession } from './session.ts';
import { mayPass, type StreamError } from './stream-error.ts';

/** One more try is about to be waited for. */
export interface Attempt {
  /** From 1. */
  readonly attempt: number;
  readonly delayMs: number;
  /** What the last try failed of. */
  readonly reason: StreamError;
}

/** How time passes and chance falls; for tests, which have no time to lose. */
export interface Patience {
  readonly wait?: typeof wait;
  /** In [0, 1). */
  readonly random?: () => number;
}

export interface ReopenOptions extends Patience {
  readonly cause: StreamError;
  readonly open: () => Promise<KeywordSession>;
  readonly signal: AbortSignal;
  readonly onAttempt: (attempt: Attempt) => void;
}

/**
 * Tries again and again, ever more slowly.
 *
 * @returns the new session; `undefined` if aborted
 * @throws {StreamError} what will not pass, or the failure of the last try
 */
export async function reopen({ cause, open, signal, onAttempt, ...patience }: ReopenOptions): Promise<KeywordSession | undefined> {
  const { wait: pause = wait, random = Math.random } = patience;
  let reason = cause;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const delayMs = backoffMs(attempt, random());
    onAttempt({ attempt, delayMs, reason });
    await pause(delayMs, signal);
    if (signal.aborted) return undefined;
    try {
      return await open();
    } catch (error) {
      if (!mayPass(error)) throw error;
      reason = error;
    }
  }
  throw reason;
}

/** How long to wait after `goaway`: between what the server asks for and twice that, so that not all come at once. */
export function moveDelayMs(reconnectAfterMs: number, chance: number): number {
  return reconnectAfterMs * (1 + chance);
}
