/** What the benchmark measures: one way of doing one unit of work, alone in a process of its own. */

/**
 * The unit in which a contender counts.
 * - `window`: posteriors of one window, from its features
 * - `frame`: the features of one 10 ms frame
 * - `stride`: 80 ms of audio, from PCM to events
 */
export type Unit = 'window' | 'frame' | 'stride';

/** A contender, loaded and ready. */
export interface Contender {
  /** Units that one `run` does. */
  readonly unitsPerRun: number;
  /** What each live stream holds, where that can be said. */
  readonly bytesPerSession?: number;
  readonly run: () => void | Promise<void>;
  /** Posteriors of the subject's first window, to prove that all compute the same. */
  readonly posteriors?: () => Float32Array | Promise<Float32Array>;
}

/** How a contender appears in the table, and where it is. */
export interface ContenderEntry {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  /** Told what another entry of the same unit costs relative to it. */
  readonly isBaseline?: true;
  readonly program:
    { readonly type: 'module'; readonly load: () => Promise<Contender> } | { readonly type: 'python'; readonly script: string };
}

/** What a child process says once it is ready. */
export interface ReadyMessage {
  readonly bytesPerSession?: number;
  readonly posteriors?: readonly number[];
}

/** What a child process measured in one round, per unit; CPU time counts all threads of the process. */
export interface RoundMessage {
  readonly cpuMicros: number;
  readonly wallMicros: number;
  readonly units: number;
}
