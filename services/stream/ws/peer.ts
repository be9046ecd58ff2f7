/** What a session needs of its socket. */

import type { CloseCode } from '#shared/protocol/close-codes.ts';

export interface Peer {
  send(text: string): void;
  close(code: CloseCode, reason: string): void;
  /** Stops and resumes reading: the client's network is to wait. */
  pause(): void;
  resume(): void;
  /** Sent, but not yet taken by the network. */
  readonly unsentBytes: number;
}
