/** From what was measured to the tables that people read. */

import { machine } from '../report.ts';
import { holds, MAX_P99_MS, type Capacity, type Idle, type Overload } from './phases.ts';
import type { Measured } from './run-load.ts';

/** What has been measured so far. */
export interface Measurements {
  rig?: Measured;
  capacity?: Capacity;
  idle?: Idle;
  overload?: Overload;
  /** What could not be measured, and why. */
  readonly failures: string[];
}

/** The bars of the first release. */
const MIN_SESSIONS = 300;
const MAX_BYTES_PER_SESSION = 150 * 1024;
const MAX_IDLE_BYTES = 1024 ** 3;
const MEBIBYTE = 1024 ** 2;

/** Markdown: what was to be reached and what was, then each load. */
export function streamMarkdown(result: Measurements): string {
  const { rig, failures } = result;
  return [
    `One worker, one core, real sockets, real speech in real time; ${machine()}.`,
    '',
    ...failures.map((failure) => `**Not measured:** ${failure}`),
    ...(failures.length > 0 ? [''] : []),
    ...table(['', 'to reach', 'reached'], barsOf(result)),
    '',
    ...table(
      [
        'load',
        'sessions',
        'ready',
        'refused',
        'event ms p50 / p99',
        'posteriors ms p50 / p99',
        'wrong',
        'dropped',
        'CPU',
        'CPU ms a session s',
        'generator CPU',
        'RSS MiB',
      ],
      loadsOf(result).map(([name, load]) => rowOf(name, load)),
    ),
    '',
    'CPU is that of the server process, generator CPU that of the clients, both in cores. "wrong" counts sessions whose events, samples or windows',
    `were not exactly those of their recording heard offline.${rig ? ` Alone with the sink the generator sent ${Math.round(rig.lateMs.p99)} ms late (p99).` : ''}`,
    '',
  ].join('\n');
}

function loadsOf({ rig, capacity, overload }: Measurements): [string, Measured][] {
  const tried = capacity ? [capacity.light, ...capacity.tried] : [];
  return [
    ...(rig ? [['the rig alone (a server that hears nothing)', rig] as [string, Measured]] : []),
    ...tried.map((load): [string, Measured] => [holds(load) ? 'held' : 'did not hold', load]),
    ...(overload
      ? ([
          ['twice as many', overload.first],
          ['twice as many again', overload.second],
        ] as [string, Measured][])
      : []),
  ];
}

function barsOf({ capacity, idle, overload }: Measurements): string[][] {
  return [...(capacity ? barsOfCapacity(capacity) : []), ...(idle ? [barOfIdle(idle)] : []), ...(overload ? barsOfOverload(overload) : [])];
}

function barsOfCapacity({ held, bytesPerSession }: Capacity): string[][] {
  const memory = bytesPerSession === undefined ? '' : `${(bytesPerSession / 1024).toFixed(0)} KiB`;
  return [
    [
      `sessions a core, p99 ≤ ${MAX_P99_MS} ms, nothing dropped`,
      `≥ ${MIN_SESSIONS}`,
      held === undefined ? 'none held' : String(held.sessions),
    ],
    ['the same by CPU time alone', '', held === undefined ? '' : (held.sessions / held.serverCpu).toFixed(0)],
    ['memory a session', `≤ ${MAX_BYTES_PER_SESSION / 1024} KiB`, memory],
  ];
}

function barOfIdle({ sessions, rssBytes }: Idle): string[] {
  return [`${sessions} idle sessions`, `≤ ${MAX_IDLE_BYTES / MEBIBYTE} MiB`, `${(rssBytes / MEBIBYTE).toFixed(0)} MiB`];
}

function barsOfOverload({ first, second }: Overload): string[][] {
  return [
    ['twice as many: those admitted', `p99 ≤ ${MAX_P99_MS} ms`, `${first.ready}, ${worstP99(first).toFixed(0)} ms`],
    ['twice as many: the rest', 'told 1013', refusals(first)],
    [
      'twice as many, then again: memory',
      'flat',
      `${(first.rssBytes / MEBIBYTE).toFixed(0)}, then ${(second.rssBytes / MEBIBYTE).toFixed(0)} MiB`,
    ],
  ];
}

function rowOf(name: string, load: Measured): string[] {
  const { eventMs, posteriorsMs, serverCpu, rssBytes } = load;
  const streaming = Math.max(1, load.ready);
  return [
    name,
    String(load.sessions),
    String(load.ready),
    refusals(load),
    `${eventMs.p50.toFixed(1)} / ${eventMs.p99.toFixed(0)} (${eventMs.count})`,
    `${posteriorsMs.p50.toFixed(1)} / ${posteriorsMs.p99.toFixed(0)} (${posteriorsMs.count})`,
    String(load.wrong),
    String(load.dropped),
    serverCpu.toFixed(2),
    ((1000 * serverCpu) / streaming).toFixed(2),
    load.generatorCpu.toFixed(2),
    (rssBytes / MEBIBYTE).toFixed(0),
  ];
}

function refusals({ refused }: Measured): string {
  const parts = Object.entries(refused).map(([code, count]) => `${count} × ${code}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function worstP99({ eventMs, posteriorsMs }: Measured): number {
  return Math.max(eventMs.p99, posteriorsMs.p99);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}
