/** How long a session may wait, be idle, last: one timer for patience, one for age. */

import { ProtocolError, type ProtocolErrorCode } from '#shared/protocol/protocol-error.ts';

import type { Limits } from '../config.ts';

/** From `goaway` to the end of a session that has become too old. */
const EXPIRY_GRACE_MS = 30_000;
/** The longest a Node timer can run. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface SessionLifeOptions {
  readonly limits: Pick<Limits, 'startTimeoutMs' | 'idleTimeoutMs' | 'maxSessionMs'>;
  readonly fail: (error: ProtocolError) => void;
  /** Asks the client to begin a new session. */
  readonly onOld: () => void;
}

/** The timers of one session; `end` lets go of all. */
export class SessionLife {
  readonly #options: SessionLifeOptions;
  #patience: NodeJS.Timeout;
  #age: NodeJS.Timeout | undefined;
  #token: NodeJS.Timeout | undefined;

  constructor(options: SessionLifeOptions) {
    this.#options = options;
    const { startTimeoutMs } = options.limits;
    this.#patience = this.#failAfter(startTimeoutMs, 'start_timeout', `no start message came for ${startTimeoutMs} ms`);
  }

  /** From now on the session must not fall silent, nor grow too old. */
  begin(expiresInMs = Infinity): void {
    const { idleTimeoutMs, maxSessionMs } = this.#options.limits;
    this.end();
    this.#patience = this.#failAfter(idleTimeoutMs, 'idle_timeout', `nothing was sent for ${idleTimeoutMs} ms`);
    this.#age = setTimeout(() => this.#expire(maxSessionMs), maxSessionMs);
    if (expiresInMs > MAX_TIMER_MS) return;
    this.#token = this.#failAfter(Math.max(0, expiresInMs), 'token_expired', 'the token is not valid any more');
  }

  /** The client has said something. */
  touch(): void {
    this.#patience.refresh();
  }

  end(): void {
    clearTimeout(this.#patience);
    clearTimeout(this.#age);
    clearTimeout(this.#token);
  }

  #expire(maxSessionMs: number): void {
    this.#options.onOld();
    const graceMs = Math.min(EXPIRY_GRACE_MS, maxSessionMs);
    this.#age = this.#failAfter(graceMs, 'session_expired', `a session lasts at most ${maxSessionMs} ms; begin a new one`);
  }

  #failAfter(timeoutMs: number, code: ProtocolErrorCode, message: string): NodeJS.Timeout {
    return setTimeout(() => this.#options.fail(new ProtocolError(code, message)), timeoutMs);
  }
}
