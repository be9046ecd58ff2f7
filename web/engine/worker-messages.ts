/** What the page and its engine's worker say to each other. Both are of one build, so nothing is checked. */

import type { ServerMessage } from '#shared/protocol/messages.ts';
import type { Knobs, StartOptions } from '#shared/client/session.ts';
import type { DirectWay } from './direct-session.ts';

/** Where the page's own server keeps what an engine is made of. */
export interface EngineFiles {
  readonly kernelUrl: string;
  readonly manifestUrl: string;
  readonly weightsUrl: string;
}

export type ToEngine =
  | { readonly type: 'open'; readonly files: EngineFiles; readonly start: StartOptions }
  | { readonly type: 'audio'; readonly pcm: Uint8Array }
  | { readonly type: 'listen'; readonly way: DirectWay }
  | { readonly type: 'configure'; readonly knobs: Knobs }
  | { readonly type: 'stop' };

export type FromEngine =
  | { readonly type: 'said'; readonly message: ServerMessage }
  /** Audio that has been heard, and waits no more; the last half second may not have been told. */
  | { readonly type: 'taken'; readonly bytes: number };
