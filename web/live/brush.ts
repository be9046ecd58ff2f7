/** What the parts of the live picture are painted with. */

import type { Layout } from './layout.ts';
import type { LiveColours, Thresholds } from './live-messages.ts';

/** Around text, in CSS pixels and the colour of the card, so that it can be read over anything. */
const OUTLINE = 4;

/** What a picture looks like; one that changes is painted anew. */
export interface Scene {
  readonly layout: Layout;
  readonly colours: LiveColours;
  /** The keywords to trace, and the score each must reach. */
  readonly thresholds: Thresholds;
}

/** For what stands still. */
export interface StillBrush {
  readonly context: OffscreenCanvasRenderingContext2D;
  readonly scene: Scene;
}

export interface Brush extends StillBrush {
  /** Where a sample lies, in device pixels. */
  x(sample: number): number;
}

interface Text {
  readonly text: string;
  readonly x: number;
  /** Of its base line. */
  readonly y: number;
  readonly colour: string;
  /** As CSS has it, in CSS pixels. */
  readonly font: { readonly weight: number; readonly pixels: number };
  readonly align: CanvasTextAlign;
}

export function paintText({ context, scene: { layout, colours } }: StillBrush, { text, x, y, colour, font, align }: Text): void {
  context.font = fontOf(layout, font);
  context.textAlign = align;
  context.lineJoin = 'round';
  context.lineWidth = OUTLINE * layout.pixelRatio;
  context.strokeStyle = colours.card;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** For measuring a text as it will be painted. */
export function fontOf({ pixelRatio }: Layout, { weight, pixels }: Text['font']): string {
  return `${weight} ${pixels * pixelRatio}px system-ui, sans-serif`;
}
