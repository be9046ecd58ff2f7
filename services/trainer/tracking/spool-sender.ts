/** Sends what a spool holds to a store, in order, as often as it takes. */

import { cutBatch } from './batches.ts';
import type { Operation, Spool } from './spool.ts';
import { TrackingError } from './tracking-error.ts';
import type { Batch, Metric, TrackingStore } from './tracking-store.ts';

/** Operations joined into one batch; values one after the other are many and small. */
const MAX_JOINED_OPERATIONS = 200;

/**
 * Sends all that is unsent. Repeating what the store may have heard already is harmless, so progress is noted after each step.
 *
 * @param warn - told of what the store refuses for good; that is skipped
 * @returns the store's id of the run, once it is open there
 * @throws {TrackingError} with `isTransient`, when the rest has to wait
 */
export async function sendSpool(spool: Spool, store: TrackingStore, warn: (message: string) => void): Promise<string | undefined> {
  const operations = spool.operations();
  let { runId, sent } = spool.progress();
  while (sent < operations.length) {
    const next = operations.slice(sent, sent + joinable(operations, sent));
    runId = await sendOrSkip(next, { spool, store, runId, warn });
    sent += next.length;
    spool.saveProgress({ ...(runId !== undefined && { runId }), sent });
  }
  return runId;
}

interface Sending {
  readonly spool: Spool;
  readonly store: TrackingStore;
  readonly runId: string | undefined;
  readonly warn: (message: string) => void;
}

async function sendOrSkip(operations: readonly Operation[], sending: Sending): Promise<string | undefined> {
  try {
    return await send(operations, sending);
  } catch (error) {
    if (!(error instanceof TrackingError) || error.isTransient) throw error;
    sending.warn(`${operations[0]?.type ?? 'nothing'} was refused by ${sending.store.place}: ${error.message}`);
    return sending.runId;
  }
}

async function send(operations: readonly Operation[], { spool, store, runId }: Sending): Promise<string | undefined> {
  const [first] = operations;
  if (first === undefined) return runId;
  if (first.type === 'open') return store.openRun(first);
  if (runId === undefined) throw new TrackingError('tracking_refused', 'the run was not opened');
  switch (first.type) {
    case 'params':
    case 'tags':
    case 'metrics':
      for (const batch of cutBatch(batchOf(operations))) await store.logBatch(runId, batch);
      break;
    case 'dataset':
      await store.logDataset(runId, first);
      break;
    case 'artefact':
      await store.logArtefact(runId, spool.pathOf(first.file), first.name);
      break;
    case 'end':
      await store.endRun(runId, first);
  }
  return runId;
}

/** How many operations from `first` on are values that may go together. */
function joinable(operations: readonly Operation[], first: number): number {
  const others = operations.slice(first, first + MAX_JOINED_OPERATIONS).findIndex((operation) => !isValues(operation));
  return others === -1 ? Math.min(MAX_JOINED_OPERATIONS, operations.length - first) : Math.max(1, others);
}

function isValues({ type }: Operation): boolean {
  return type === 'params' || type === 'tags' || type === 'metrics';
}

/** Of a parameter or tag told twice the later value counts. */
function batchOf(operations: readonly Operation[]): Batch {
  const params = new Map<string, string>();
  const tags = new Map<string, string>();
  const metrics: Metric[] = [];
  for (const operation of operations) {
    if (operation.type === 'params') for (const [key, value] of Object.entries(operation.values)) params.set(key, value);
    if (operation.type === 'tags') for (const [key, value] of Object.entries(operation.values)) tags.set(key, value);
    if (operation.type !== 'metrics') continue;
    const { values, timestampMs, step } = operation;
    metrics.push(...Object.entries(values).map(([key, value]) => ({ key, value, timestampMs, step })));
  }
  return { metrics, params, tags };
}
