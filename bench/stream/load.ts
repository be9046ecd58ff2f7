/** What the load generator is asked to do, and what it says of it: the messages between it and the benchmark. */

/** One load: sessions that come one after the other, stream in real time, and go. */
export interface LoadPlan {
  readonly url: string;
  readonly sessions: number;
  readonly connectsPerSecond: number;
  /** How long all stream after the last has come; this is what is measured. */
  readonly steadySeconds: number;
  readonly chunkMs: number;
  /** One session in so many asks for the posteriors of every window. */
  readonly probeEvery: number;
  /** Sends no audio: opens, starts and waits. */
  readonly isIdle: boolean;
  /** Holds every session to what its recording must bring; a sink brings something else. */
  readonly checksEvents: boolean;
  /** WAV files at 16 kHz. */
  readonly recordings: readonly string[];
}

/** What all sessions together came to. */
export interface LoadReport {
  readonly ready: number;
  /** Sessions that were told an error, by its code and the close that followed. */
  readonly refused: Readonly<Record<string, number>>;
  /** Sessions that were ready and did not bring exactly what their recording must; the first few are described. */
  readonly wrong: number;
  readonly faults: readonly string[];
  /** `audio_dropped` warnings. */
  readonly dropped: number;
  readonly events: number;
  /** From the sending of a window's last sample to its keyword, in ms; and the same to its posteriors. */
  readonly eventMs: Percentiles;
  readonly posteriorsMs: Percentiles;
  /** How late the generator itself sent. */
  readonly lateMs: Percentiles;
  /** CPU seconds of the generator a second of the steady phase. */
  readonly generatorCpu: number;
}

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** From the generator. */
export type LoadMessage =
  /** All sessions have come; the measured time begins, and then ends. */
  { readonly type: 'steady' } | { readonly type: 'measured' } | { readonly type: 'done'; readonly report: LoadReport };

/** Sorts in place. */
export function percentilesOf(values: number[]): Percentiles {
  values.sort((a, b) => a - b);
  const at = (share: number): number => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
  return { count: values.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
