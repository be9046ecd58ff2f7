/** A recording over and over, as a session sends it, and what must be heard in it. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { encodePcm } from '#shared/audio/pcm.ts';
import { readWav } from '#shared/audio/wav.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { createKernelEngine } from '#shared/kernel/kernel-engine.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';
import type { DetectedEvent } from '#shared/protocol/messages.ts';

import { benchArtefact, ROOT } from '../subject.ts';

/** What any number of sessions send. */
export interface Programme {
  /** 16-bit samples. */
  readonly bytes: Uint8Array;
  readonly windowSamples: number;
  readonly strideSamples: number;
  /** All that is to be heard in it, in order. */
  readonly events: readonly DetectedEvent[];
}

/** Reads recordings and repeats each for so long. */
export async function loadProgrammes(files: readonly string[], seconds: number): Promise<Programme[]> {
  const engine = await createKernelEngine(await readFile(join(ROOT, 'dist/kernel/kernel.wasm')));
  const classifier = engine.load(await benchArtefact());
  return Promise.all(files.map((file) => loadProgramme(file, seconds, classifier)));
}

async function loadProgramme(file: string, seconds: number, classifier: Classifier): Promise<Programme> {
  const { samples, sampleRateHz } = readWav(await readFile(file));
  if (sampleRateHz !== SAMPLE_RATE_HZ) throw new RangeError(`${file} is at ${sampleRateHz} Hz, not at ${SAMPLE_RATE_HZ} Hz`);
  const repeated = Float32Array.from({ length: seconds * SAMPLE_RATE_HZ }, (_, i) => samples[i % samples.length]!);
  const bytes = encodePcm(repeated, 'pcm_s16le');
  const { windowSamples, strideSamples } = classifier.manifest;
  return { bytes, windowSamples, strideSamples, events: eventsOf(bytes, classifier) };
}

function eventsOf(bytes: Uint8Array, classifier: Classifier): DetectedEvent[] {
  const events: DetectedEvent[] = [];
  const input = { sampleRateHz: SAMPLE_RATE_HZ, encoding: 'pcm_s16le' } as const;
  const spotter = new Spotter({ classifier, input, listener: { onKeyword: (event) => events.push(event) } });
  spotter.push(bytes);
  spotter.close();
  return events;
}
