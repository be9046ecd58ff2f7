/** From measured rounds to the table that people read. */

import { cpus } from 'node:os';

import type { ContenderEntry, ReadyMessage, RoundMessage, Unit } from './contender.ts';

/** How often each unit happens in an hour of live audio. */
const UNITS_PER_HOUR: Record<Unit, number> = { window: 45_000, frame: 360_000, stride: 45_000 };
const SECONDS_PER_HOUR = 3600;

/** What one contender came to. */
export interface Measurement {
  readonly entry: ContenderEntry;
  readonly ready: ReadyMessage;
  readonly rounds: readonly RoundMessage[];
}

/** One line of the table; medians over rounds of CPU time, all threads counted. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly microsPerUnit: number;
  /** Least and most of all rounds. */
  readonly microsSpread: readonly [least: number, most: number];
  readonly wallMicrosPerUnit: number;
  readonly cpuSecondsPerAudioHour: number;
  readonly streamsPerCore: number;
  readonly bytesPerSession: number | undefined;
  /** Median over rounds of its time over the baseline's in the same round. */
  readonly timesBaseline: number | undefined;
  /** The same of wall time, which contention for the machine disturbs more. */
  readonly timesBaselineWall: number | undefined;
}

/** Rows in the order of the measurements. */
export function rowsOf(measurements: readonly Measurement[]): Row[] {
  return measurements.map(({ entry, ready, rounds }) => {
    const baseline = measurements.find((other) => other.entry.unit === entry.unit && other.entry.isBaseline === true);
    const microsPerUnit = median(rounds.map(({ cpuMicros }) => cpuMicros));
    const cpuSecondsPerAudioHour = (microsPerUnit * UNITS_PER_HOUR[entry.unit]) / 1e6;
    const ratios = (field: 'cpuMicros' | 'wallMicros'): number | undefined =>
      baseline === undefined ? undefined : median(rounds.map((round, i) => round[field] / baseline.rounds[i]![field]));
    return {
      name: entry.name,
      title: entry.title,
      unit: entry.unit,
      microsPerUnit,
      microsSpread: [Math.min(...rounds.map(({ cpuMicros }) => cpuMicros)), Math.max(...rounds.map(({ cpuMicros }) => cpuMicros))],
      wallMicrosPerUnit: median(rounds.map(({ wallMicros }) => wallMicros)),
      cpuSecondsPerAudioHour,
      streamsPerCore: SECONDS_PER_HOUR / cpuSecondsPerAudioHour,
      bytesPerSession: ready.bytesPerSession,
      timesBaseline: ratios('cpuMicros'),
      timesBaselineWall: ratios('wallMicros'),
    };
  });
}

/** The table in Markdown, with what is absent named below it. */
export function markdown(rows: readonly Row[], absent: ReadonlyMap<string, string>, subject: string): string {
  const header = ['way', 'unit', 'µs a unit', '× kernel', 'CPU s an audio hour', 'streams a core', 'bytes a session'];
  const lines = rows.map((row) => [
    row.title,
    row.unit,
    significant(row.microsPerUnit),
    row.timesBaseline === undefined ? '' : significant(row.timesBaseline),
    significant(row.cpuSecondsPerAudioHour),
    row.streamsPerCore.toFixed(0),
    row.bytesPerSession?.toLocaleString('en') ?? '',
  ]);
  const table = [header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  const missing = [...absent].map(([title, reason]) => `- not measured: ${title} (${reason})`);
  return [`${subject}; ${machine()}.`, '', ...table, '', ...missing, ''].join('\n');
}

/** The machine, in words. */
export function machine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown CPU'}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
