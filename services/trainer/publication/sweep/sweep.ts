/** A sweep from its first trial to its best one. */

import { setTimeout as wait } from 'node:timers/promises';

import Table from 'cli-table3';

import { PublicationError } from '../publication-error.ts';
import type { SweepQueue, Trial, TrialResult } from './sweep-queue.ts';

export interface SweepOptions {
  readonly queue: SweepQueue;
  readonly trials: readonly Trial[];
  readonly pollMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (over: number) => void;
}

/** Hands the trials out and waits until all are over, or for the signal. A sweep that was stopped may be begun again. */
export async function sweep({ queue, trials, pollMs, signal, onProgress }: SweepOptions): Promise<TrialResult[]> {
  await queue.enqueue(trials);
  let results = await queue.results(trials);
  while (results.length < trials.length && !signal.aborted) {
    onProgress(results.length);
    await wait(pollMs, undefined, { signal }).catch(() => undefined); // stopped: what there is counts
    results = await queue.results(trials);
  }
  return results;
}

/** A result whose trial has an artefact. */
export type DoneTrial = TrialResult & { readonly outcome: Extract<TrialResult['outcome'], { readonly type: 'done' }> };

/** The trials that came to something, the best first. */
export function ranked(results: readonly TrialResult[]): DoneTrial[] {
  return results.filter(isDone).sort((a, b) => b.outcome.validationAccuracy - a.outcome.validationAccuracy);
}

/** The best trial. @throws {PublicationError} `trial_failed` if all did */
export function bestTrial(results: readonly TrialResult[]): DoneTrial {
  const [best] = ranked(results);
  if (best) return best;
  const reasons = results.map(({ outcome }) => (outcome.type === 'failed' ? outcome.reason : ''));
  throw new PublicationError('trial_failed', `none of ${results.length} trials came to something: ${reasons[0] ?? 'there are none'}`);
}

/** All trials for people, the best first, what failed last. What all have in common stands above. */
export function tableOfTrials(results: readonly TrialResult[]): string {
  const common = (results[0]?.overrides ?? []).filter((override) => results.every(({ overrides }) => overrides.includes(override)));
  const own = ({ overrides }: TrialResult): string => overrides.filter((override) => !common.includes(override)).join(' ');
  const table = new Table({ head: ['trial', 'validation', 'configuration'], style: { head: [], border: [], compact: true } });
  for (const result of ranked(results)) {
    table.push([result.trial, `${(100 * result.outcome.validationAccuracy).toFixed(2)} %`, own(result)]);
  }
  for (const result of results) {
    if (result.outcome.type === 'failed') table.push([result.trial, `failed: ${result.outcome.reason}`, own(result)]);
  }
  return `${common.length > 0 ? `all with ${common.join(' ')}\n` : ''}${table.toString()}\n`;
}

function isDone(result: TrialResult): result is DoneTrial {
  return result.outcome.type === 'done';
}
