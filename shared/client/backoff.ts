/** How long to wait before asking a server again: longer each time, and never in step with everybody else. */

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 15_000;
/** About three minutes of trying; a server that is away for longer is one a person has to look at. */
export const MAX_ATTEMPTS = 16;

/**
 * The delay before an attempt: exponential, with half of it left to chance.
 *
 * @param attempt - counted from 1
 * @param chance - in [0, 1)
 */
export function backoffMs(attempt: number, chance: number): number {
  const ceilingMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return Math.round((ceilingMs * (1 + chance)) / 2);
}

/** Waits, or returns at once when aborted. */
export function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, delayMs);
    signal.addEventListener('abort', finish, { once: true });
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
    if (signal.aborted) finish();
  });
}
