/** Charts as SVG text, drawn without a browser: the same data give the same bytes, readable on light and on dark pages. */

import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

type Option = Parameters<ReturnType<typeof init>['setOption']>[0];

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Each colour with what it is on a dark page. */
const DARK = {
  '#ffffff': '#0d1117',
  '#2b2f36': '#d7dce2',
  '#d5dae1': '#3a414b',
  '#2563a8': '#6cb0f5',
  '#d9730d': '#f0a35e',
  '#2f8f5b': '#5fc98f',
  '#8a8f98': '#9aa1ab',
} as const;
const [PAPER, INK, LINE] = ['#ffffff', '#2b2f36', '#d5dae1'] as const;
export const BLUE = '#2563a8';
export const ORANGE = '#d9730d';
/** One for each series; more come round again. */
export const COLOURS = [BLUE, ORANGE, '#2f8f5b', '#8a8f98'] as const;
export const TEXT = { fontFamily: 'system-ui, sans-serif', color: INK };
/** Above the drawing; the width of words is only estimated without a browser. */
export const LEGEND = { top: 4, itemGap: 28, textStyle: TEXT };
/** What every axis looks like. */
export const AXIS = {
  axisLabel: { color: INK },
  nameTextStyle: { color: INK },
  axisLine: { lineStyle: { color: INK } },
  axisTick: { lineStyle: { color: INK } },
  splitLine: { lineStyle: { color: LINE } },
};

export function drawChart({ width, height }: ChartSize, option: Option): string {
  const chart = init(undefined, undefined, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, textStyle: TEXT, backgroundColor: PAPER, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${withDarkColours(withoutCounters(svg))}\n`;
}

/** ECharts numbers what it draws over the life of the process, and lets a mouse change colours, which a picture has no use for. */
function withoutCounters(svg: string): string {
  return svg
    .replaceAll(/<style[^]*?<\/style>/g, '')
    .replaceAll(/ class="[^"]*"/g, '')
    .replaceAll(/zr\d+-/g, 'chart-');
}

/** What reads an SVG picture without knowing style sheets shows the light colours. */
function withDarkColours(svg: string): string {
  const rules = Object.entries(DARK).flatMap(([light, dark]) => [`[fill="${light}"]{fill:${dark}}`, `[stroke="${light}"]{stroke:${dark}}`]);
  const style = `<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>`;
  return svg.replace(/(<svg[^>]*>)/, `$1${style}`);
}
