/** What a run tells of itself while it goes on, and what a training tells its listener. */

/** How a run may end, in MLflow's words. */
export type RunStatus = 'FINISHED' | 'FAILED' | 'KILLED';

/** Data that a run learned from or was measured on. */
export interface DatasetInput {
  readonly name: string;
  /** SHA-256 in hex; MLflow keeps its first 36 characters. */
  readonly digest: string;
  readonly source: string;
  readonly context: 'training' | 'validation' | 'test';
}

export type ParamValues = Readonly<Record<string, string | number | boolean>>;

/**
 * Takes what is to be remembered of one run. No call waits for a server, and none fails because of one: what cannot be sent
 * is kept on disk and sent later.
 */
export interface RunTracker {
  /** Names the run before any server has; it stays the same over restarts. */
  readonly key: string;
  params(values: ParamValues): void;
  tags(values: Readonly<Record<string, string>>): void;
  /** @param step - of the training: epochs, counted from 1 */
  metrics(values: Readonly<Record<string, number>>, step: number): void;
  dataset(input: DatasetInput): void;
  /** Keeps a file as it is now, under `name` (`/` separates folders). */
  artefact(path: string, name: string): void;
  /** Sends what is left, for a while; the rest goes with the next start. */
  finish(status: RunStatus): Promise<void>;
}

/** One epoch, once it is over. */
export interface EpochFigures {
  /** Counted from 1. */
  readonly epoch: number;
  readonly loss: number;
  /** Share of the training examples, as augmented. */
  readonly accuracy: number;
  readonly validationAccuracy: number;
  readonly seconds: number;
}

/** Hears of a training's progress; it must not throw, nor keep the training waiting. */
export interface TrainingListener {
  epochEnded(figures: EpochFigures): void;
}

/** A listener that passes every epoch on to a tracker. */
export function trackedTraining(tracker: RunTracker): TrainingListener {
  return {
    epochEnded({ epoch, ...figures }) {
      tracker.metrics(figures, epoch);
    },
  };
}
