/** The figures of the noise campaign as a table and a chart. */

import { AXIS, COLOURS, drawChart, LEGEND, TEXT } from '../all/chart.ts';

/** What one who hears did under one condition. */
export interface NoiseFigures {
  readonly who: string;
  readonly condition: string;
  readonly words: number;
  /** The mean over the keywords. */
  readonly falseRejectRate: number;
  /** Of all keywords together; `undefined`: not counted under this condition. */
  readonly falseAcceptsPerHour?: number | undefined;
  readonly speechHours: number;
  readonly latencyMedianMs?: number | undefined;
}

const SIZE = { width: 960, height: 420 };

/** A row a condition, for each who hears: words missed, false accepts an hour, latency. */
export function noiseTable(figures: readonly NoiseFigures[]): string {
  const who = distinct(figures.map((figure) => figure.who));
  const cell = (condition: string, name: string): string => {
    const figure = figures.find((one) => one.condition === condition && one.who === name);
    if (!figure) return '–';
    const falseAccepts = figure.falseAcceptsPerHour === undefined ? 'not counted' : figure.falseAcceptsPerHour.toFixed(1);
    return `${(100 * figure.falseRejectRate).toFixed(1)} % / ${falseAccepts} / ${figure.latencyMedianMs?.toFixed(0) ?? '–'} ms`;
  };
  const rows = distinct(figures.map(({ condition }) => condition)).map((condition) => [
    condition,
    ...who.map((name) => cell(condition, name)),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    'Words missed (mean over the keywords) / false accepts an hour (all keywords) / word end to event at the median.',
    '',
    line(['heard', ...who]),
    line(['---', ...who.map(() => '---')]),
    ...rows.map(line),
    '',
  ].join('\n');
}

/** Words missed by condition. */
export function noiseChart(figures: readonly NoiseFigures[]): string {
  const conditions = distinct(figures.map(({ condition }) => condition));
  return drawChart(SIZE, {
    title: { text: 'Words missed, %', textStyle: { ...TEXT, fontSize: 14 } },
    legend: { ...LEGEND, right: 10 },
    grid: { left: 50, right: 20, top: 50, bottom: 110 },
    xAxis: { ...AXIS, type: 'category', data: conditions, axisLabel: { ...AXIS.axisLabel, rotate: 40, interval: 0 } },
    yAxis: { ...AXIS, type: 'value', min: 0 },
    series: distinct(figures.map(({ who }) => who)).map((name, i) => ({
      type: 'bar' as const,
      name,
      color: COLOURS[i % COLOURS.length]!,
      data: conditions.map((condition) => {
        const figure = figures.find((one) => one.condition === condition && one.who === name);
        return figure === undefined ? null : Number((100 * figure.falseRejectRate).toFixed(2));
      }),
    })),
  });
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
