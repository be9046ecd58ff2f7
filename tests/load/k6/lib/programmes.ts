/** What sessions send, and what must come back: written by the runner, read once by each virtual user. */

import type { DetectedEvent } from '#shared/protocol/messages.ts';

import type { ProgrammeEntry } from '../../programme-entry.ts';

const BYTES_PER_SAMPLE = 2;

/** A recording over and over, cut into messages. */
export interface Programme {
  readonly chunkSamples: number;
  /** How many messages a whole session has. */
  readonly chunks: number;
  /** The message of this index: 16-bit samples. */
  readonly chunkAt: (index: number) => ArrayBuffer;
  readonly samples: number;
  /** All that is to be heard in it, in order. */
  readonly events: readonly DetectedEvent[];
  /** The recording once, as a WAV file, and what an upload of it must bring. */
  readonly wav: ArrayBuffer;
  readonly wavEvents: readonly DetectedEvent[];
}

/** Reads the programmes; only while the script is loaded, as k6 wants it. */
export function openProgrammes(): readonly Programme[] {
  const folder = __ENV['PROGRAMMES'] ?? '';
  const entries = JSON.parse(open(`${folder}/programmes.json`)) as ProgrammeEntry[]; // written by the runner
  return entries.map((entry) =>
    programmeOf(entry, { pcm: open(`${folder}/${entry.pcmFile}`, 'b'), wav: open(`${folder}/${entry.wavFile}`, 'b') }),
  );
}

function programmeOf(
  { chunkSamples, samples, events, wavEvents }: ProgrammeEntry,
  { pcm, wav }: { readonly pcm: ArrayBuffer; readonly wav: ArrayBuffer },
): Programme {
  const chunkBytes = chunkSamples * BYTES_PER_SAMPLE;
  const kept = Array.from({ length: pcm.byteLength / chunkBytes }, (_, i) => pcm.slice(i * chunkBytes, (i + 1) * chunkBytes));
  const chunkAt = (index: number): ArrayBuffer => {
    const chunk = kept[index % kept.length];
    if (chunk === undefined) throw new RangeError('a programme without audio');
    return chunk;
  };
  return { chunkSamples, chunks: samples / chunkSamples, chunkAt, samples, events, wav, wavEvents };
}
