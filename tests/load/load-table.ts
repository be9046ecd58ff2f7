/** One table of a load: what k6 measured beside its bars, and what the service says of itself. */

import type { Scrape } from '../helpers/prometheus.ts';
import type { K6Metrics } from './k6-process.ts';
import type { Look } from './sampler.ts';
import { plainTable } from './plain-table.ts';

const MEBIBYTE = 1024 ** 2;

export interface LoadFigures {
  readonly metrics: K6Metrics;
  readonly before: Scrape;
  readonly after: Scrape;
  readonly looks: readonly Look[];
}

export function loadTable(figures: LoadFigures): string {
  const rows = [...k6Rows(figures.metrics), ...serviceRows(figures), ...machineRows(figures.looks)];
  return plainTable(['figure', 'value', 'bar', ''], rows);
}

/** Ours only; those of k6 itself tell of sockets, not of sessions. */
function k6Rows(metrics: K6Metrics): string[][] {
  const own = Object.entries(metrics).filter(([name]) => name.startsWith('kws_') && !name.includes('{'));
  return own.map(([name, { values, thresholds = {} }]) => {
    const bars = Object.entries(thresholds);
    const isMissed = bars.some(([, { ok }]) => !ok);
    return [name, textOf(values), bars.map(([bar]) => bar).join(', '), bars.length === 0 ? '' : isMissed ? '✗' : '✓'];
  });
}

function textOf(values: Readonly<Record<string, number>>): string {
  const number = (value = NaN): string => String(Math.round(value * 1000) / 1000);
  if (values['rate'] !== undefined && values['passes'] !== undefined) {
    return `${number(100 * values['rate'])} % of ${number(values['passes'] + (values['fails'] ?? 0))}`;
  }
  if (values['p(99)'] === undefined) return number(values['count']);
  const min = values['min'] === undefined ? '' : `min ${number(values['min'])}, `;
  return `${min}p50 ${number(values['med'])}, p95 ${number(values['p(95)'])}, p99 ${number(values['p(99)'])}, max ${number(values['max'])} (${number(values['count'])})`;
}

function serviceRows({ before, after }: LoadFigures): string[][] {
  const more = (name: string): number => after.sum(name) - before.sum(name);
  const counts = [
    ['sessions started', 'kws_sessions_started_total'],
    ['windows scored', 'kws_windows_total'],
    ['keywords told', 'kws_keywords_total'],
    ['audio heard, s', 'kws_audio_seconds_total'],
    ['audio dropped, s', 'kws_dropped_audio_seconds_total'],
    ['posteriors left out', 'kws_dropped_posteriors_total'],
  ] as const;
  return [
    ...counts.map(([title, name]) => [`service: ${title}`, String(Math.round(more(name) * 10) / 10), '', '']),
    ['service: sockets closed', closesOf(before, after, 'kws_sessions_ended_total'), '', ''],
    ['service: refused', closesOf(before, after, 'kws_refused_total'), '', ''],
    ['service: events told within 150 ms', shareWithin(before, after), '', ''],
  ];
}

function closesOf(before: Scrape, after: Scrape, name: string): string {
  const rows = after.all(name).map(({ labels, value }) => [Object.values(labels)[0] ?? '', value - before.sum(name, labels)] as const);
  const told = rows.filter(([, count]) => count > 0).map(([label, count]) => `${count} × ${label}`);
  return told.length === 0 ? 'none' : told.join(', ');
}

function shareWithin(before: Scrape, after: Scrape): string {
  const more = (name: string, labels = {}): number => after.sum(name, labels) - before.sum(name, labels);
  const all = more('kws_event_latency_seconds_count');
  return all === 0 ? 'no events' : `${((100 * more('kws_event_latency_seconds_bucket', { le: '0.15' })) / all).toFixed(2)} % of ${all}`;
}

function machineRows(looks: readonly Look[]): string[][] {
  const [first, last] = [looks[0], looks.at(-1)];
  if (!first || !last || first === last) return [];
  const seconds = (last.atMs - first.atMs) / 1000;
  const most = (value: (look: Look) => number): number => Math.max(...looks.map(value));
  const mebibytes = (bytes: number): string => (bytes / MEBIBYTE).toFixed(0);
  return [
    ['service: sessions at once', String(most(({ sessions }) => sessions)), '', ''],
    ['service: CPU, cores', ((last.cpuSeconds - first.cpuSeconds) / seconds).toFixed(2), '', ''],
    [
      'service: memory, MiB',
      `${mebibytes(first.rssBytes)} → ${mebibytes(last.rssBytes)}, most ${mebibytes(most(({ rssBytes }) => rssBytes))}`,
      '',
      '',
    ],
    ['k6: CPU, cores', (most(({ k6CpuSeconds }) => k6CpuSeconds) / seconds).toFixed(2), '', ''],
    ['k6: memory, MiB', mebibytes(most(({ k6RssBytes }) => k6RssBytes)), '', ''],
  ];
}
