/** The kernel and its peers: a table of all, and a chart of what a window costs. */

import { z } from 'zod';

import { AXIS, BLUE, COLOURS, drawChart } from '../chart.ts';
import { markdownTable, significant, type Section } from '../section.ts';

const RowSchema = z.object({
  name: z.string(),
  title: z.string(),
  unit: z.string(),
  microsPerUnit: z.number(),
  /** Least and most of all rounds. */
  microsSpread: z.tuple([z.number(), z.number()]).optional(),
  cpuSecondsPerAudioHour: z.number(),
  streamsPerCore: z.number(),
  bytesPerSession: z.number().optional(),
  timesBaseline: z.number().optional(),
});
export const KernelSchema = z.object({
  machine: z.string(),
  model: z.object({ name: z.string(), version: z.string() }),
  rows: z.array(RowSchema),
  absent: z.record(z.string(), z.string()),
});
type Kernel = z.infer<typeof KernelSchema>;
type Row = z.infer<typeof RowSchema>;

const UNITS = ['window', 'frame', 'stride'];
const [WIDTH, BAR_HEIGHT, FRAME_HEIGHT] = [820, 26, 90];
const OURS = 'kernel';

export function kernelSection({ model, rows, absent }: Kernel): Section {
  const header = [
    'way',
    'unit',
    'µs a unit, median (least to most)',
    '× kernel',
    'CPU s an audio hour',
    'streams a core',
    'bytes a session',
  ];
  const sorted = UNITS.flatMap((unit) => rows.filter((row) => row.unit === unit));
  return {
    lines: [
      `Model \`${model.name}\` ${model.version}; CPU time of all threads.`,
      '',
      ...markdownTable(header, sorted.map(cellsOf)),
      '',
      ...Object.entries(absent).map(([title, reason]) => `- not measured: ${title} (${reason})`),
    ],
    charts: [{ name: 'kernel', shows: 'processor time for one window, by engine', svg: windowChart(rows) }],
  };
}

function cellsOf(row: Row): string[] {
  const { title, unit, microsPerUnit, microsSpread, timesBaseline, cpuSecondsPerAudioHour, streamsPerCore, bytesPerSession } = row;
  const spread = microsSpread === undefined ? '' : ` (${microsSpread.map(significant).join(' to ')})`;
  return [
    title,
    unit,
    `${significant(microsPerUnit)}${spread}`,
    timesBaseline === undefined ? '' : significant(timesBaseline),
    significant(cpuSecondsPerAudioHour),
    streamsPerCore.toFixed(0),
    bytesPerSession?.toLocaleString('en') ?? '',
  ];
}

function windowChart(rows: readonly Row[]): string {
  const windows = rows.filter(({ unit }) => unit === 'window').toSorted((a, b) => a.microsPerUnit - b.microsPerUnit);
  return drawChart(
    { width: WIDTH, height: FRAME_HEIGHT + BAR_HEIGHT * windows.length },
    {
      grid: { left: 320, right: 70, top: 20, bottom: 50 },
      xAxis: { ...AXIS, type: 'log', name: 'CPU µs a window of one second (logarithmic)', nameLocation: 'middle', nameGap: 30, min: 10 },
      yAxis: { ...AXIS, type: 'category', inverse: true, data: windows.map(({ title }) => title) },
      series: [
        {
          type: 'bar',
          label: {
            show: true,
            position: 'right',
            color: AXIS.axisLabel.color,
            formatter: ({ value }: { readonly value: unknown }) => significant(Number(value)),
          },
          data: windows.map(({ name, microsPerUnit }) => ({
            value: microsPerUnit,
            itemStyle: { color: name.startsWith(OURS) ? BLUE : COLOURS[3] },
          })),
        },
      ],
    },
  );
}
