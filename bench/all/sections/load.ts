/** A scenario of k6: its bars, and for a soak how memory and latency went. */

import { z } from 'zod';

import { AXIS, BLUE, drawChart, LEGEND, ORANGE } from '../chart.ts';
import { markdownTable, type Chart, type Section } from '../section.ts';

const MetricSchema = z.object({
  values: z.record(z.string(), z.number()),
  thresholds: z.record(z.string(), z.object({ ok: z.boolean() })).optional(),
});
const SoakSchema = z.object({
  rssSlopePercentPerHour: z.number(),
  rssMiB: z.array(z.object({ minute: z.number(), mebibytes: z.number() })),
  p99Ms: z.array(z.number().nullable()),
  lostEvents: z.number(),
  liveSessions: z.number().optional(),
  cpuCores: z.number().optional(),
  verdict: z.string(),
  reasons: z.array(z.string()),
});
export const LoadSchema = z.object({
  machine: z.string(),
  isPassed: z.boolean(),
  isCutShort: z.boolean().optional(),
  plan: z.object({
    sessions: z.number(),
    minutes: z.number(),
    workers: z.number(),
    sessionSeconds: z.number(),
    coreSessions: z.number().optional(),
  }),
  metrics: z.record(z.string(), MetricSchema),
  soak: SoakSchema.optional(),
});
type LoadResult = z.infer<typeof LoadSchema>;
type Soak = z.infer<typeof SoakSchema>;

const SIZE = { width: 820, height: 300 };

export function loadSection(name: string, { isPassed, isCutShort = false, plan, metrics, soak }: LoadResult): Section {
  const asked = `${plan.sessions} sessions of ${plan.sessionSeconds} s, ${plan.minutes} min, ${plan.workers} ${plan.workers === 1 ? 'process' : 'processes'}`;
  const outcome = isPassed ? 'every bar held' : '**a bar was missed**';
  return {
    lines: [
      `${asked}${shareOf(plan)}: ${outcome}${isCutShort ? '; **cut short by hand**' : ''}.`,
      '',
      ...(soak ? [...soakLines(soak), ''] : []),
      ...markdownTable(['figure', 'measured', 'bar', 'held'], metricRows(metrics)),
    ],
    charts: soak ? [soakChart(name, soak, plan.minutes)] : [],
  };
}

function shareOf({ sessions, workers, coreSessions }: LoadResult['plan']): string {
  if (coreSessions === undefined) return '';
  return `, ${((100 * sessions) / (workers * coreSessions)).toFixed(0)} % of the ${coreSessions} that a core carried just before`;
}

function metricRows(metrics: LoadResult['metrics']): string[][] {
  const own = Object.entries(metrics).filter(([name]) => name.startsWith('kws_') && !name.includes('{'));
  return own.map(([name, { values, thresholds = {} }]) => {
    const bars = Object.entries(thresholds);
    const held = bars.length === 0 ? '' : bars.every(([, { ok }]) => ok) ? 'yes' : '**no**';
    return [`\`${name}\``, figuresOf(values), bars.map(([bar]) => `\`${bar}\``).join(', '), held];
  });
}

function figuresOf(values: Readonly<Record<string, number>>): string {
  const { rate, passes, fails = 0, count, med } = values;
  if (rate !== undefined && passes !== undefined) return `${(100 * rate).toFixed(rate === 1 ? 0 : 3)} % of ${passes + fails}`;
  if (med === undefined) return String(count ?? '');
  const stat = (name: string): string => (values[name] ?? NaN).toFixed(0);
  return `p50 ${stat('med')}, p95 ${stat('p(95)')}, p99 ${stat('p(99)')}, most ${stat('max')} (${count})`;
}

function soakLines({ rssSlopePercentPerHour, p99Ms, lostEvents, liveSessions, cpuCores, verdict, reasons }: Soak): string[] {
  const told = p99Ms.map((ms) => (ms === null ? '–' : ms.toFixed(0))).join(', ');
  return markdownTable(
    ['of the soak', 'measured'],
    [
      ['verdict', [verdict, ...reasons].join('; ')],
      ['memory after the warm-up, fitted', `${rssSlopePercentPerHour.toFixed(2)} % an hour`],
      ['event latency p99, ms, by part of the time', told],
      ['events lost', String(lostEvents)],
      ...(liveSessions === undefined ? [] : [['sessions that streamed at once, median', String(liveSessions)]]),
      ...(cpuCores === undefined ? [] : [['the service, cores', cpuCores.toFixed(2)]]),
    ],
  );
}

function soakChart(name: string, { rssMiB, p99Ms }: Soak, minutes: number): Chart {
  const partMinutes = minutes / p99Ms.length;
  const svg = drawChart(SIZE, {
    legend: LEGEND,
    grid: { left: 60, right: 60, top: 50, bottom: 45 },
    xAxis: { ...AXIS, type: 'value', name: 'minutes', nameLocation: 'middle', nameGap: 28, min: 0, max: minutes },
    yAxis: [
      { ...AXIS, type: 'value', name: 'MiB', min: 0 },
      { ...AXIS, type: 'value', name: 'ms', min: 0, splitLine: { show: false } },
    ],
    series: [
      {
        type: 'line',
        name: 'memory of all processes',
        color: BLUE,
        showSymbol: false,
        data: rssMiB.map(({ minute, mebibytes }) => [minute, mebibytes]),
      },
      {
        type: 'line',
        name: 'event latency, p99',
        color: ORANGE,
        yAxisIndex: 1,
        data: p99Ms.flatMap((ms, part) => (ms === null ? [] : [[(part + 0.5) * partMinutes, ms]])),
      },
    ],
  });
  return { name, shows: 'memory and latency over time', svg };
}
