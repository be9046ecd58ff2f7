/** From what was measured of swaps to the table that people read, and whether the project's promises are kept. */

import { machine } from '../report.ts';

/** What the project promises. */
const MAX_LIVE_MS = 2000;
const MAX_RSS_GROWTH = 0.05;
const MAX_RECONCILE_MS = 30_000;
const MEBIBYTE = 1024 * 1024;

interface Sessions {
  readonly sessions: number;
  /** Of these, still open at the end. */
  readonly open: number;
}

/** From the beginning of a publication to a session's `model` message. */
export interface Latency extends Sessions {
  readonly publications: number;
  readonly services: number;
  /** Of each service. */
  readonly workers: number;
  /** That had sessions. */
  readonly processes: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

/** Of one process with sessions that stream, garbage collected. */
export interface Memory extends Sessions {
  readonly swaps: number;
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

/** From NATS being there again until a model published then heard all sessions. */
export interface Outage extends Sessions {
  readonly minutes: number;
  readonly takenMs: number;
}

/** What has been measured so far. */
export interface SwapMeasurements {
  latency?: Latency;
  memory?: Memory;
  outage?: Outage;
  /** What could not be measured, and why. */
  readonly failures: string[];
}

interface Bar {
  readonly what: string;
  readonly toReach: string;
  readonly reached: string;
  readonly isKept: boolean;
}

/** Whether everything was measured that was to be, and every promise holds. */
export function isKept(result: SwapMeasurements): boolean {
  return result.failures.length === 0 && barsOf(result).every((bar) => bar.isKept);
}

/** Markdown: what was to be reached, and what was. */
export function swapMarkdown(result: SwapMeasurements): string {
  const bars = barsOf(result);
  return [
    `The model that ships under ever new versions, published on a real NATS server as the trainer does, to sessions that stream; ${machine()}.`,
    '',
    ...result.failures.flatMap((failure) => [`**Not measured:** ${failure}`, '']),
    '| what | to reach | reached | |',
    '| --- | --- | --- | --- |',
    ...bars.map(({ what, toReach, reached, isKept: holds }) => `| ${what} | ${toReach} | ${reached} | ${holds ? '' : '**missed**'} |`),
    '',
  ].join('\n');
}

function barsOf({ latency, memory, outage }: SwapMeasurements): readonly Bar[] {
  return [...(latency ? latencyBars(latency) : []), ...(memory ? memoryBars(memory) : []), ...(outage ? outageBars(outage) : [])];
}

function latencyBars(latency: Latency): readonly Bar[] {
  const { publications, services, workers, processes, sessions, medianMs, p99Ms, worstMs } = latency;
  return [
    {
      what: `publication to live: ${publications} publications, ${sessions} sessions of ${processes} processes of ${services} services`,
      toReach: `p99 ≤ ${MAX_LIVE_MS} ms`,
      reached: `median ${ms(medianMs)}, p99 ${ms(p99Ms)}, worst ${ms(worstMs)}`,
      isKept: p99Ms <= MAX_LIVE_MS && processes === services * workers,
    },
    openBar('through all publications', latency),
  ];
}

function memoryBars({ swaps, sessions, open, beforeBytes, afterBytes }: Memory): readonly Bar[] {
  const growth = afterBytes / beforeBytes - 1;
  return [
    {
      what: `memory of a process with ${sessions} sessions, over ${swaps} swaps`,
      toReach: `≤ ${100 * MAX_RSS_GROWTH} % more`,
      reached: `${(100 * growth).toFixed(1)} %: ${mebibytes(beforeBytes)}, then ${mebibytes(afterBytes)}`,
      isKept: growth <= MAX_RSS_GROWTH,
    },
    openBar('through these swaps', { sessions, open }),
  ];
}

function outageBars(outage: Outage): readonly Bar[] {
  const { minutes, takenMs } = outage;
  return [
    {
      what: `NATS away for ${minutes} min; published when it is back`,
      toReach: `live within ${MAX_RECONCILE_MS} ms`,
      reached: ms(takenMs),
      isKept: takenMs <= MAX_RECONCILE_MS,
    },
    openBar('through the outage', outage),
  ];
}

function openBar(when: string, { sessions, open }: Sessions): Bar {
  return { what: `sessions that streamed ${when}`, toReach: 'all', reached: `${open} of ${sessions}`, isKept: open === sessions };
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}
