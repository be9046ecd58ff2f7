/** Runs a spotter over a whole recording and keeps all it says. */

import { Spotter, type HeardWindow, type SpotterOptions, type SpotterSummary } from '#shared/pipeline/spotter.ts';
import type { DetectedEvent } from '#shared/protocol/messages.ts';

export interface Heard {
  readonly events: readonly DetectedEvent[];
  readonly windows: readonly { readonly endSample: number; readonly posteriors: readonly number[] }[];
  /** Ends of the windows that were left out as silence. */
  readonly skipped: ReadonlySet<number>;
  readonly summary: SpotterSummary;
}

/** Pushes the chunks one after the other; `beforeChunk` may meddle. */
export function hear(
  options: Omit<SpotterOptions, 'listener'>,
  chunks: readonly Uint8Array[],
  beforeChunk: (spotter: Spotter, i: number) => void = () => undefined,
): Heard {
  const events: DetectedEvent[] = [];
  const windows: { endSample: number; posteriors: readonly number[] }[] = [];
  const skipped = new Set<number>();
  const listener = {
    onKeyword: (event: DetectedEvent) => events.push(event),
    onWindow: ({ endSample, posteriors, isSkipped }: HeardWindow) => {
      windows.push({ endSample, posteriors: [...posteriors] });
      if (isSkipped) skipped.add(endSample);
    },
  };
  const spotter = new Spotter({ ...options, listener });
  chunks.forEach((chunk, i) => {
    beforeChunk(spotter, i);
    spotter.push(chunk);
  });
  return { events, windows, summary: spotter.finish(), skipped };
}
