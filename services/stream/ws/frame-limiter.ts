/** How often one client may send anything: each frame costs the process the same, however little is in it. */

import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import type { SessionContext } from './session-context.ts';
import { TokenBucket } from './token-bucket.ts';

/** So many seconds' worth may come at once. */
const BURST_SECONDS = 10;

/** Counts messages, audio, pings and pongs of one socket. */
export class FrameLimiter {
  readonly #bucket: TokenBucket;
  readonly #perSecond: number;

  constructor({ limits: { maxFramesPerSecond }, now }: Pick<SessionContext, 'limits' | 'now'>) {
    this.#perSecond = maxFramesPerSecond;
    this.#bucket = new TokenBucket({ capacity: BURST_SECONDS * maxFramesPerSecond, perMs: maxFramesPerSecond / 1000, now });
  }

  /** @throws {ProtocolError} `too_many_frames` */
  take(): void {
    if (this.#bucket.take(1)) return;
    throw new ProtocolError('too_many_frames', `frames keep coming more often than ${this.#perSecond} a second: put more into each`);
  }
}
