/** The service under load: what held, and a chart of latency and processor time by sessions. */

import { z } from 'zod';

import { AXIS, BLUE, drawChart, LEGEND, ORANGE } from '../chart.ts';
import { markdownTable, type Section } from '../section.ts';

const PercentilesSchema = z.object({ count: z.number(), p50: z.number(), p99: z.number() });
const LoadSchema = z.object({
  sessions: z.number(),
  ready: z.number(),
  wrong: z.number(),
  dropped: z.number(),
  eventMs: PercentilesSchema,
  lateMs: PercentilesSchema,
  serverCpu: z.number(),
  rssBytes: z.number(),
});
export const StreamSchema = z.object({
  machine: z.string(),
  failures: z.array(z.string()),
  rig: LoadSchema.optional(),
  capacity: z
    .object({ light: LoadSchema, held: LoadSchema.optional(), tried: z.array(LoadSchema), bytesPerSession: z.number().optional() })
    .optional(),
  idle: z.looseObject({}).optional(),
  overload: z.object({ first: LoadSchema, second: LoadSchema }).optional(),
});
type Stream = z.infer<typeof StreamSchema>;
type Load = z.infer<typeof LoadSchema>;

const SIZE = { width: 820, height: 320 };
const MEBIBYTE = 1024 ** 2;

export function streamSection({ failures, rig, capacity, overload }: Stream): Section {
  const tried = capacity ? [capacity.light, ...capacity.tried].toSorted((a, b) => a.sessions - b.sessions) : [];
  const rows = [
    ...tried.map((load) =>
      cellsOf(load === capacity?.light || load.sessions <= (capacity?.held?.sessions ?? 0) ? 'held' : 'did not hold', load),
    ),
    ...(overload ? [cellsOf('twice as many', overload.first), cellsOf('twice as many, again', overload.second)] : []),
    ...(rig ? [cellsOf('clients and sockets alone', rig)] : []),
  ];
  const header = [
    'load',
    'sessions',
    'admitted',
    'event ms p50 / p99',
    'sent late ms p99',
    'sessions not right',
    'audio dropped',
    'CPU, cores',
    'RSS MiB',
  ];
  return {
    lines: [
      ...failures.map((failure) => `- not measured: ${failure}`),
      ...heldLines(capacity),
      '',
      ...markdownTable(header, rows),
      '',
      'Bars, waiting sessions and all columns: [`stream.md`](../bench/results/stream.md).',
    ],
    charts: tried.length > 1 ? [{ name: 'stream', shows: 'latency and processor time by sessions', svg: loadChart(tried) }] : [],
  };
}

function heldLines(capacity: Stream['capacity']): string[] {
  if (capacity?.held === undefined) return ['**No load held.**'];
  const { held, bytesPerSession } = capacity;
  const memory = bytesPerSession === undefined ? '' : `, ${(bytesPerSession / 1024).toFixed(0)} KiB of memory each`;
  return [`**${held.sessions} sessions on one core**, events ${held.eventMs.p99.toFixed(0)} ms after their last sample (p99)${memory}.`];
}

function cellsOf(name: string, load: Load): string[] {
  const { sessions, ready, eventMs, lateMs, wrong, dropped, serverCpu, rssBytes } = load;
  return [
    name,
    String(sessions),
    String(ready),
    eventMs.count === 0 ? 'none' : `${eventMs.p50.toFixed(1)} / ${eventMs.p99.toFixed(0)}`,
    lateMs.p99.toFixed(0),
    String(wrong),
    String(dropped),
    serverCpu.toFixed(2),
    (rssBytes / MEBIBYTE).toFixed(0),
  ];
}

function loadChart(loads: readonly Load[]): string {
  const line = { type: 'line' as const, symbolSize: 7 };
  return drawChart(SIZE, {
    legend: LEGEND,
    grid: { left: 60, right: 60, top: 50, bottom: 45 },
    xAxis: { ...AXIS, type: 'value', name: 'sessions on one core', nameLocation: 'middle', nameGap: 28, min: 0 },
    yAxis: [
      { ...AXIS, type: 'value', name: 'ms', min: 0 },
      { ...AXIS, type: 'value', name: 'cores', min: 0, max: 1, splitLine: { show: false } },
    ],
    series: [
      { ...line, name: 'event latency, p99', color: BLUE, data: loads.map(({ sessions, eventMs }) => [sessions, eventMs.p99]) },
      {
        ...line,
        name: 'processor time',
        color: ORANGE,
        yAxisIndex: 1,
        data: loads.map(({ sessions, serverCpu }) => [sessions, serverCpu]),
      },
    ],
  });
}
