/** What is sent to one client, and what is left out when it does not read. */

import { serialise } from '#shared/protocol/codec.ts';
import type { ServerMessage } from '#shared/protocol/messages.ts';
import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import type { Peer } from './peer.ts';

/** Of the limit: from here on posteriors are left out; below the lower one they are sent again. */
const POSTERIORS_STOP_SHARE = 1 / 4;
const POSTERIORS_RESUME_SHARE = 1 / 8;

type Posteriors = Extract<ServerMessage, { type: 'posteriors' }>;

/** Sends; the limit is on what lies unsent, not on what is sent. */
export class Outbox {
  readonly #peer: Peer;
  readonly #maxUnsentBytes: number;
  #leavesOutPosteriors = false;

  constructor(peer: Peer, maxUnsentBytes: number) {
    this.#peer = peer;
    this.#maxUnsentBytes = maxUnsentBytes;
  }

  /** @throws {ProtocolError} `slow_reader` */
  send(message: ServerMessage): void {
    if (this.#peer.unsentBytes > this.#maxUnsentBytes) throw slowReader(this.#maxUnsentBytes);
    this.#peer.send(serialise(message));
  }

  /**
   * Sends posteriors, unless the client is behind: it is told so once, and gets them again when it has caught up.
   *
   * @returns whether they were sent
   * @throws {ProtocolError} `slow_reader`
   */
  sendPosteriors(message: Posteriors): boolean {
    const share = this.#peer.unsentBytes / this.#maxUnsentBytes;
    if (this.#leavesOutPosteriors && share < POSTERIORS_RESUME_SHARE) this.#leavesOutPosteriors = false;
    else if (!this.#leavesOutPosteriors && share > POSTERIORS_STOP_SHARE) {
      this.#leavesOutPosteriors = true;
      this.send({ type: 'warning', code: 'posteriors_dropped', message: 'posteriors are left out until what was sent has been read' });
    }
    if (this.#leavesOutPosteriors) return false;
    this.send(message);
    return true;
  }
}

/** What a client is told that does not read. */
export function slowReader(maxUnsentBytes: number): ProtocolError {
  return new ProtocolError('slow_reader', `more than ${maxUnsentBytes} bytes lie unread`);
}
