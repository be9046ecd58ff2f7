/** What the page tells the worker that draws the live view. Both are of one build, so nothing is checked. */

import type { ServerMessage } from '#shared/protocol/messages.ts';

/** Colours of the page's theme, as CSS writes them. */
export interface LiveColours {
  readonly card: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly isDark: boolean;
}

export interface LiveSize {
  /** In device pixels. */
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
}

/** The keywords to trace, and the score each must reach. */
export type Thresholds = Readonly<Record<string, number>>;

export type ToLiveView =
  | { readonly type: 'canvas'; readonly canvas: OffscreenCanvas }
  | { readonly type: 'size'; readonly size: LiveSize }
  | { readonly type: 'colours'; readonly colours: LiveColours }
  /** Whether the picture moves in steps rather than smoothly. */
  | { readonly type: 'motion'; readonly isReduced: boolean }
  /** Whether it can be seen at all. */
  | { readonly type: 'view'; readonly isInView: boolean }
  | { readonly type: 'thresholds'; readonly thresholds: Thresholds }
  | { readonly type: 'session' }
  /** More messages, of an engine of this page, come from here. */
  | { readonly type: 'engine'; readonly port: MessagePort }
  | { readonly type: 'audio'; readonly pcm: Uint8Array<ArrayBuffer>; readonly isSent: boolean }
  | { readonly type: 'heard'; readonly message: ServerMessage };

/** What the worker tells the page: the picture in words. */
export interface FromLiveView {
  readonly type: 'description';
  readonly text: string;
}
