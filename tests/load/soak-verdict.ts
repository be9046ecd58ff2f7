/** What a soak says: how memory grew, how latency went, what was lost, and whether the load was the one asked for. */

import type { K6Metrics } from './k6-process.ts';
import type { Look } from './sampler.ts';

/** The first part of the time, in which caches and heaps find their size. */
const WARM_UP_SHARE = 0.25;
/** A shorter time after the warm-up says nothing of an hour. */
const MIN_JUDGED_MINUTES = 20;
const MAX_SLOPE_PERCENT_PER_HOUR = 1;
/** p99 of the second half over that of the first; a few milliseconds more or less are the machine's. */
const MAX_P99_GROWTH = 1.25;
const MIN_P99_RISE_MS = 10;
/** Fewer streaming at once are another load than the one that the figures are said to be of. */
const MIN_LIVE_SHARE = 0.95;
const MS_PER_HOUR = 3_600_000;

export interface SoakVerdict {
  /** Growth of resident memory after the warm-up, fitted, as a share of where it began. */
  readonly rssSlopePercentPerHour: number;
  readonly rssMiB: readonly { readonly minute: number; readonly mebibytes: number }[];
  /** Of each slice of the time, in order; undefined where no keyword came. */
  readonly p99Ms: readonly (number | undefined)[];
  readonly lostEvents: number;
  /** That streamed at once, at the median look. */
  readonly liveSessions: number;
  /** Of the service, on average. */
  readonly cpuCores: number;
  readonly verdict: 'passed' | 'failed' | 'too short to judge memory';
  readonly reasons: readonly string[];
}

/** @param sessions how many were to stream at once */
export function judgeSoak(looks: readonly Look[], metrics: K6Metrics, sessions: number): SoakVerdict {
  const judged = afterWarmUp(looks);
  const judgedMinutes = ((judged.at(-1)?.atMs ?? 0) - (judged[0]?.atMs ?? 0)) / 60_000;
  const rssSlopePercentPerHour = slopePercentPerHour(judged);
  const p99Ms = slicesOf(metrics);
  const lostEvents = metrics['kws_lost_events']?.values['count'] ?? 0;
  const liveSessions = medianOf(judged.map((look) => look.sessions));
  const isLong = judgedMinutes >= MIN_JUDGED_MINUTES;
  const reasons = [
    ...(lostEvents > 0 ? [`${lostEvents} events were lost`] : []),
    ...(liveSessions < MIN_LIVE_SHARE * sessions ? [`only ${liveSessions} of ${sessions} sessions streamed at once`] : []),
    ...(isLong && rssSlopePercentPerHour > MAX_SLOPE_PERCENT_PER_HOUR
      ? [`memory grows by ${rssSlopePercentPerHour.toFixed(2)} % an hour`]
      : []),
    ...(isLong ? latencyReasons(p99Ms) : []),
  ];
  const verdict = reasons.length > 0 ? 'failed' : isLong ? 'passed' : 'too short to judge memory';
  return {
    rssSlopePercentPerHour,
    rssMiB: looks.map((look) => rssOf(look, looks[0])),
    p99Ms,
    lostEvents,
    liveSessions,
    cpuCores: coresOf(judged),
    verdict,
    reasons,
  };
}

function afterWarmUp(looks: readonly Look[]): readonly Look[] {
  const [first, last] = [looks[0]?.atMs ?? 0, looks.at(-1)?.atMs ?? 0];
  return looks.filter(({ atMs }) => atMs >= first + WARM_UP_SHARE * (last - first));
}

/** By least squares. */
function slopePercentPerHour(looks: readonly Look[]): number {
  const meanMs = meanOf(looks.map(({ atMs }) => atMs));
  const meanBytes = meanOf(looks.map(({ rssBytes }) => rssBytes));
  const covariance = meanOf(looks.map(({ atMs, rssBytes }) => (atMs - meanMs) * (rssBytes - meanBytes)));
  const variance = meanOf(looks.map(({ atMs }) => (atMs - meanMs) ** 2));
  return variance === 0 ? 0 : ((covariance / variance) * MS_PER_HOUR * 100) / meanBytes;
}

function slicesOf(metrics: K6Metrics): (number | undefined)[] {
  const slices = Object.entries(metrics).flatMap(([name, { values }]) => {
    const slice = /^kws_event_latency_ms\{slice:(\d+)\}$/.exec(name)?.[1];
    return slice === undefined ? [] : [{ slice: Number(slice), p99Ms: values['count'] === 0 ? undefined : values['p(99)'] }];
  });
  return slices.sort((a, b) => a.slice - b.slice).map(({ p99Ms }) => p99Ms);
}

function latencyReasons(p99Ms: SoakVerdict['p99Ms']): string[] {
  const known = p99Ms.filter((value) => value !== undefined);
  const half = Math.floor(known.length / 2);
  const [first, second] = [meanOf(known.slice(0, half)), meanOf(known.slice(half))];
  const isFlat = second <= MAX_P99_GROWTH * first || second - first < MIN_P99_RISE_MS;
  return isFlat ? [] : [`p99 went from ${first.toFixed(0)} to ${second.toFixed(0)} ms`];
}

function rssOf({ atMs, rssBytes }: Look, first: Look | undefined): { minute: number; mebibytes: number } {
  return { minute: Math.round((atMs - (first?.atMs ?? atMs)) / 6000) / 10, mebibytes: Math.round(rssBytes / 1024 ** 2) };
}

function coresOf(looks: readonly Look[]): number {
  const [first, last] = [looks[0], looks.at(-1)];
  if (!first || !last || first === last) return 0;
  return (1000 * (last.cpuSeconds - first.cpuSeconds)) / (last.atMs - first.atMs);
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
