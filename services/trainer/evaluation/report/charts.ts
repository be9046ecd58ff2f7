/** Charts as SVG text, drawn without a browser. */

import { BarChart, HeatmapChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent, VisualMapComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

import type { AccuracyReport } from '../clip-accuracy.ts';
import type { Reliability } from '../reliability.ts';
import { LATENCY_STEP_MS, type DetPoint, type KeywordReport, type StreamingReport } from '../streaming-report.ts';
import type { Epoch } from './epochs.ts';

use([BarChart, HeatmapChart, LineChart, GridComponent, LegendComponent, TitleComponent, VisualMapComponent, SVGRenderer]);

type Option = Parameters<ReturnType<typeof init>['setOption']>[0];

interface Size {
  readonly width: number;
  readonly height: number;
}

const WIDE: Size = { width: 760, height: 320 };
const SMALL: Size = { width: 240, height: 190 };
const [BLUE, ORANGE, GREY] = ['#2563a8', '#d9730d', '#8a8f98'];
/** Of the diagonal of the confusion matrix. */
const RIGHT = '#a9cdf0';
const TEXT = { fontFamily: 'system-ui, sans-serif', color: '#2b2f36' };
const OTHER_WORDS_LINE = { type: 'line' as const, showSymbol: false, color: GREY, lineStyle: { type: 'dashed' as const }, clip: true };
/** A curve that reaches no false accept at all is drawn here on the logarithmic axis. */
const LEAST_FALSE_ACCEPTS_PER_HOUR = 0.1;
const MOST_FALSE_ACCEPTS_PER_HOUR = 100;

/** Loss, and accuracy on augmented training and clean validation clips, by epoch. */
export function trainingCurves(epochs: readonly Epoch[]): string {
  const line = { type: 'line' as const, showSymbol: false };
  const percent = (share: number | undefined): number | null => (share === undefined ? null : 100 * share);
  return draw(WIDE, {
    legend: { top: 0, textStyle: TEXT },
    grid: { left: 60, right: 60, top: 40, bottom: 45 },
    xAxis: { type: 'category', name: 'epoch', nameLocation: 'middle', nameGap: 28, data: epochs.map(({ epoch }) => epoch) },
    yAxis: [
      { type: 'value', name: 'accuracy, %', scale: true },
      { type: 'value', name: 'loss', splitLine: { show: false } },
    ],
    series: [
      { ...line, name: 'validation accuracy', color: BLUE, data: epochs.map(({ validationAccuracy }) => percent(validationAccuracy)) },
      { ...line, name: 'training accuracy (augmented)', color: ORANGE, data: epochs.map(({ accuracy }) => percent(accuracy)) },
      { ...line, name: 'training loss', color: GREY, yAxisIndex: 1, data: epochs.map(({ loss }) => loss) },
    ],
  });
}

/** Rows are what was said, columns what was heard; a cell is the share of the row. */
export function confusionMatrix({ perLabel, confusion }: AccuracyReport): string {
  const labels = perLabel.map(({ label }) => label);
  const cells = confusion.flatMap((row, truth) =>
    row.flatMap((clips, predicted) => {
      if (clips === 0) return [];
      const value = [predicted, truth, share(clips, perLabel[truth]!.clips), clips];
      return [truth === predicted ? { value, visualMap: false, itemStyle: { color: RIGHT } } : { value }];
    }),
  );
  const side = 26 * labels.length;
  return draw(
    { width: side + 150, height: side + 120 },
    {
      grid: { left: 90, right: 50, top: 80, bottom: 30 },
      xAxis: { type: 'category', data: labels, position: 'top', axisLabel: { rotate: 60, interval: 0 }, splitLine: { show: true } },
      yAxis: { type: 'category', data: labels, inverse: true, axisLabel: { interval: 0 }, splitLine: { show: true } },
      visualMap: {
        show: false,
        min: 0,
        max: 0.12,
        dimension: 2,
        inRange: { color: ['#eef4fb', '#f6c28b', '#c2410c'] },
      },
      series: [{ type: 'heatmap', data: cells, label: { show: true, fontSize: 9, formatter: countLabel } }],
    },
  );
}

/** Words missed against false accepts, by threshold, on speech and, dashed, on other words; the dot is the operating point on speech. */
export function detCurve({ keyword, det, all }: KeywordReport): string {
  const at = ({ falseAcceptsPerHour, falseRejectRate }: { falseAcceptsPerHour: number; falseRejectRate: number }) => [
    Math.min(MOST_FALSE_ACCEPTS_PER_HOUR, Math.max(LEAST_FALSE_ACCEPTS_PER_HOUR, falseAcceptsPerHour)),
    100 * falseRejectRate,
  ];
  const onOtherWords = ({ otherWordsFalseAcceptsPerHour, falseRejectRate }: DetPoint) =>
    at({ falseAcceptsPerHour: otherWordsFalseAcceptsPerHour, falseRejectRate });
  return draw(SMALL, {
    title: { text: keyword, left: 'center', top: 2, textStyle: { ...TEXT, fontSize: 13 } },
    grid: { left: 42, right: 12, top: 28, bottom: 38 },
    xAxis: {
      type: 'log',
      name: 'false accepts an hour',
      nameLocation: 'middle',
      nameGap: 22,
      min: LEAST_FALSE_ACCEPTS_PER_HOUR,
      max: MOST_FALSE_ACCEPTS_PER_HOUR,
    },
    yAxis: { type: 'value', name: 'missed, %', min: 0, max: 40, interval: 10, nameGap: 8 },
    series: [
      { type: 'line', data: det.map(at), showSymbol: false, color: BLUE, clip: true },
      ...(all.otherWords.hours > 0 ? [{ ...OTHER_WORDS_LINE, data: det.map(onOtherWords) }] : []),
      { type: 'line', data: [at(all)], symbol: 'circle', symbolSize: 9, color: ORANGE },
    ],
  });
}

/** Each keyword's share of words missed under each condition. */
export function missesByCondition({ conditions, keywords }: StreamingReport): string {
  const cells = keywords.flatMap(({ perCondition }, row) =>
    perCondition.map(({ falseRejectRate }, column) => [column, row, 100 * falseRejectRate]),
  );
  return draw(
    { width: 170 + 90 * conditions.length, height: 70 + 24 * keywords.length },
    {
      grid: { left: 110, right: 40, top: 40, bottom: 10 },
      xAxis: { type: 'category', data: [...conditions], position: 'top', axisLabel: { interval: 0 } },
      yAxis: { type: 'category', data: keywords.map(({ keyword }) => keyword), inverse: true, axisLabel: { interval: 0 } },
      visualMap: { show: false, min: 0, max: 40, dimension: 2, inRange: { color: ['#eef4fb', '#f6c28b', '#c2410c'] } },
      series: [{ type: 'heatmap', data: cells, label: { show: true, fontSize: 11, formatter: percentLabel } }],
    },
  );
}

/** The mean share of words missed against the level above the noise, the best and the worst keyword around it. */
export function missesAgainstNoise({ conditions, keywords }: StreamingReport): string {
  const shares = conditions.map((_, i) => keywords.map(({ perCondition }) => 100 * perCondition[i]!.falseRejectRate));
  const line = { type: 'line' as const };
  const edge = { ...line, color: GREY, lineStyle: { type: 'dashed' as const } };
  return draw(WIDE, {
    legend: { top: 0, textStyle: TEXT },
    grid: { left: 60, right: 30, top: 40, bottom: 45 },
    xAxis: { type: 'category', name: 'level of the words above the noise', nameLocation: 'middle', nameGap: 28, data: [...conditions] },
    yAxis: { type: 'value', name: 'missed, %', min: 0 },
    series: [
      { ...edge, name: 'worst keyword', data: shares.map((all) => Math.max(...all)) },
      { ...line, name: 'mean', color: BLUE, data: shares.map((all) => all.reduce((sum, value) => sum + value, 0) / all.length) },
      { ...edge, name: 'best keyword', data: shares.map((all) => Math.min(...all)) },
    ],
  });
}

/** How often the model is right when it is so sure; on the diagonal it would be as right as sure. */
export function reliabilityDiagram({ bins }: Reliability): string {
  const filled = bins.filter(({ clips }) => clips > 0);
  return draw(
    { width: 420, height: 340 },
    {
      legend: { top: 0, textStyle: TEXT },
      grid: { left: 60, right: 30, top: 40, bottom: 50 },
      xAxis: { type: 'value', name: 'top posterior', nameLocation: 'middle', nameGap: 28, min: 0, max: 1 },
      yAxis: { type: 'value', name: 'right', min: 0, max: 1 },
      series: [
        {
          type: 'line',
          name: 'as right as sure',
          color: GREY,
          lineStyle: { type: 'dashed' },
          showSymbol: false,
          data: [
            [0, 0],
            [1, 1],
          ],
        },
        {
          type: 'line',
          name: 'this model',
          color: BLUE,
          symbolSize: 7,
          data: filled.map(({ confidence, accuracy }) => [confidence, accuracy]),
        },
      ],
    },
  );
}

/** How many words were reported how long after their end. */
export function latencyHistogram({ latencies }: StreamingReport): string {
  return draw(WIDE, {
    grid: { left: 60, right: 30, top: 20, bottom: 50 },
    xAxis: {
      type: 'category',
      name: `ms from the end of the word to its event, in steps of ${LATENCY_STEP_MS}`,
      nameLocation: 'middle',
      nameGap: 30,
      data: latencies.map(({ fromMs }) => fromMs),
    },
    yAxis: { type: 'value', name: 'words' },
    series: [{ type: 'bar', color: BLUE, barCategoryGap: '8%', data: latencies.map(({ words }) => words) }],
  });
}

function draw(size: Size, option: Option): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ animation: false, backgroundColor: '#fff', textStyle: TEXT, ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function countLabel({ value }: { value?: unknown }): string {
  return Array.isArray(value) ? String(value[3]) : '';
}

function percentLabel({ value }: { value?: unknown }): string {
  return Array.isArray(value) ? `${Number(value[2]).toFixed(1)} %` : '';
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
