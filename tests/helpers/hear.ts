/** Runs a spotter over a whole recording and keeps all it says. */

import { Spotter, type SpotterOptions, type SpotterSummary } from '#shared/pipeline/spotter.ts';
import type { DetectedEvent } from '#shared/protocol/messages.ts';

export interface Heard {
  readonly events: readonly DetectedEvent[];
  readonly windows: readonly { readonly endSample: number; readonly posteriors: readonly number[] }[];
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
  const listener = {
    onKeyword: (event: DetectedEvent) => events.push(event),
    onWindow: ({ endSample, posteriors }: { endSample: number; posteriors: Float32Array }) =>
      windows.push({ endSample, posteriors: [...posteriors] }),
  };
  const spotter = new Spotter({ ...options, listener });
  chunks.forEach((chunk, i) => {
    beforeChunk(spotter, i);
    spotter.push(chunk);
  });
  return { events, windows, summary: spotter.finish() };
}
