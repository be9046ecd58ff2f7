/** Takes trials from the queue, one at a time. */

import { CodedError } from '#shared/coded-error.ts';

import { MAX_DELIVERIES, WORKING_EVERY_MS, type Assignment, type SweepQueue, type Trial, type TrialResult } from './sweep-queue.ts';

/** How long to ask for a trial before looking whether to stop. */
const ASK_MS = 5000;

export interface WorkerOptions {
  readonly queue: SweepQueue;
  /** Trains; may be called again for a trial that another worker died of. @throws {CodedError} when it cannot go well */
  readonly run: (trial: Trial) => Promise<{ readonly validationAccuracy: number; readonly artefact: string }>;
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
  /** Ends when the queue is empty, instead of waiting for more. */
  readonly untilEmpty: boolean;
}

/** Works until the signal, or until there is nothing left. @returns how many trials it ended */
export async function work({ queue, run, signal, log, untilEmpty }: WorkerOptions): Promise<number> {
  let ended = 0;
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    const assignment = await queue.next(ASK_MS);
    if (!assignment && untilEmpty) break;
    if (!assignment) continue;
    const outcome = await outcomeOf(assignment, { queue, run });
    if (isStopped()) break; // it was stopped in the middle: another worker begins it again
    if (outcome) await queue.keep(assignment.trial, outcome);
    await assignment.done();
    ended++;
    log(`trial ${assignment.trial.sweep}.${assignment.trial.trial}: ${outcome?.type ?? 'was over already'}`);
  }
  return ended;
}

/** `undefined` when the result is there already. What is no fault of the trial is thrown, and the trial is handed out again. */
async function outcomeOf(
  { trial, deliveries, working }: Assignment,
  { queue, run }: Pick<WorkerOptions, 'queue' | 'run'>,
): Promise<TrialResult['outcome'] | undefined> {
  if (await queue.resultOf(trial)) return undefined;
  if (deliveries > MAX_DELIVERIES) return { type: 'failed', reason: `${MAX_DELIVERIES} workers died of it` };
  const timer = setInterval(working, WORKING_EVERY_MS);
  try {
    return { type: 'done', ...(await run(trial)) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { type: 'failed', reason: `${error.message} (${error.code})` };
  } finally {
    clearInterval(timer);
  }
}
