/** From a result file to its section of the page. */

import { PrintedSchema, printedMarkdown } from './printed.ts';
import type { Section } from './section.ts';
import { KernelSchema, kernelSection } from './sections/kernel.ts';
import { LoadSchema, loadSection } from './sections/load.ts';
import { NoiseSchema, noiseSection } from './sections/noise.ts';
import { StreamSchema, streamSection } from './sections/stream.ts';
import type { Benchmark } from './benchmark.ts';

/** @throws {z.ZodError} a file that this version of the benchmark did not write */
export function sectionOf({ name, printsOn }: Pick<Benchmark, 'name' | 'printsOn'>, result: unknown): Section {
  if (printsOn !== undefined) return printedSection(result);
  if (name === 'kernel') return kernelSection(KernelSchema.parse(result));
  if (name === 'stream') return streamSection(StreamSchema.parse(result));
  if (name === 'noise') return noiseSection(NoiseSchema.parse(result));
  return loadSection(name, LoadSchema.parse(result));
}

function printedSection(result: unknown): Section {
  const { exitCode, lines } = PrintedSchema.parse(result);
  return { lines: [...(exitCode === 0 ? [] : [`**It ended with ${exitCode}: something did not hold.**`, '']), ...printedMarkdown(lines)] };
}
