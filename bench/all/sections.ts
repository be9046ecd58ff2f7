/** From what a benchmark left to its section of the page. */

import { PrintedSchema, printedMarkdown } from './printed.ts';
import type { Section } from './section.ts';
import { KernelSchema, kernelSection } from './sections/kernel.ts';
import { LoadSchema, loadSection } from './sections/load.ts';
import { NoiseSchema, noiseSection } from './sections/noise.ts';
import { StreamSchema, streamSection } from './sections/stream.ts';

/** The two files of a benchmark. */
export interface Left {
  readonly name: string;
  readonly result: unknown;
  readonly markdown: string;
}

/** Those with charts have sections of their own; of the others what was printed or written for people is shown. @throws {z.ZodError} */
export function sectionOf({ name, result, markdown }: Left): Section {
  const printed = PrintedSchema.safeParse(result);
  if (printed.success) return printedSection(printed.data);
  if (name === 'kernel') return kernelSection(KernelSchema.parse(result));
  if (name === 'stream') return streamSection(StreamSchema.parse(result));
  if (name === 'noise') return noiseSection(NoiseSchema.parse(result));
  if (name === 'soak' || name.startsWith('load-')) return loadSection(name, LoadSchema.parse(result));
  return { lines: markdown.split('\n') };
}

function printedSection({ exitCode, lines }: ReturnType<typeof PrintedSchema.parse>): Section {
  return { lines: [...(exitCode === 0 ? [] : [`**It ended with ${exitCode}: something did not hold.**`, '']), ...printedMarkdown(lines)] };
}
