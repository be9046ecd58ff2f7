/** What was heard under noise: the table and the chart of the campaign. */

import { z } from 'zod';

import { noiseChart, noiseTable } from '../../noise/noise-report.ts';
import type { Section } from '../section.ts';

export const NoiseSchema = z.object({
  machine: z.string(),
  clipsPerKeyword: z.number(),
  figures: z.array(
    z.object({
      who: z.string(),
      condition: z.string(),
      words: z.number(),
      falseRejectRate: z.number(),
      falseAcceptsPerHour: z.number().optional(),
      speechHours: z.number(),
      latencyMedianMs: z.number().optional(),
    }),
  ),
});

export function noiseSection({ clipsPerKeyword, figures }: z.infer<typeof NoiseSchema>): Section {
  return {
    lines: [`${clipsPerKeyword} clips of each word, of speakers that no training heard.`, '', ...noiseTable(figures).split('\n')],
    charts: [{ name: 'noise', shows: 'words missed by condition', svg: noiseChart(figures) }],
  };
}
