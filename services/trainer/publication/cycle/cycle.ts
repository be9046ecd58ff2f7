/**
 * Continuous training: a new data set → validated → trained on from the incumbent → judged → published → reported. Every stage may be
 * killed at any moment and done again: what it does twice, it does with the same result.
 */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { assertNever } from '#shared/assert-never.ts';
import { CodedError } from '#shared/coded-error.ts';

import { writeWhole } from '../../artefact-files.ts';
import { verdictMarkdown, type Verdict } from '../gate.ts';
import type { ModelRegistry, Published } from '../model-registry.ts';
import { PublicationError } from '../publication-error.ts';
import { writeFiles } from '../publish-candidate.ts';
import { readState, writeState, type CycleState, type Stage, type StageOf } from './cycle-state.ts';
import type { Ledger } from './ledger.ts';

/** What a cycle is made of. All of it may be called again after a kill. */
export interface CycleWork {
  /** The digest of the data set as it is now; `undefined` where there is none yet. */
  readonly datasetDigest: () => Promise<string | undefined>;
  /** @throws {CodedError} when it is not fit to train on */
  readonly validate: () => Promise<void>;
  /** Trains into a folder, from the incumbent's if there is one; goes on with what lies there. */
  readonly train: (
    runDirectory: string,
    options: { readonly incumbentDirectory: string | undefined; readonly id: string },
  ) => Promise<void>;
  /** Judges the candidate beside what is in force at this moment. */
  readonly judge: (runDirectory: string) => Promise<{ readonly verdict: Verdict; readonly from: number | undefined }>;
  /** Puts the candidate in the place of revision `from`. @throws {PublicationError} `publish_conflict` */
  readonly publish: (runDirectory: string, options: { readonly version: string; readonly from: number | undefined }) => Promise<Published>;
  /** Tells people and other systems. */
  readonly report: (runDirectory: string, stage: StageOf<'reporting'>) => Promise<void>;
}

export interface CycleOptions {
  readonly directory: string;
  /** Of the model. */
  readonly name: string;
  readonly registry: ModelRegistry;
  readonly ledger: Ledger;
  readonly work: CycleWork;
  readonly log: (message: string) => void;
  readonly nowMs: () => number;
  /** Stops between two stages. */
  readonly signal: AbortSignal;
}

/**
 * Goes through the stages until there is nothing to do: the data set is the one that the last cycle was about.
 *
 * @returns whether a cycle ended
 */
export async function runCycle(options: CycleOptions): Promise<boolean> {
  let state = await readState(options.directory);
  let hasEnded = false;
  while (!options.signal.aborted) {
    const { stage } = state.at;
    const next = await step(state, options);
    if (!next) return hasEnded;
    hasEnded ||= stage === 'reporting';
    await writeState(options.directory, next);
    options.log(`${stage} → ${next.at.stage}`);
    state = next;
  }
  return hasEnded;
}

/** Where the candidate of a cycle grows. */
export function runDirectoryOf(directory: string, id: string): string {
  return join(directory, id, 'run');
}

/** One stage; `undefined` when there is nothing to do. */
async function step(state: CycleState, options: CycleOptions): Promise<CycleState | undefined> {
  const { at } = state;
  switch (at.stage) {
    case 'waiting':
      return begin(state, options);
    case 'validating':
      return orReport(state, at, async () => {
        await options.work.validate();
        const current = await options.registry.current(options.name);
        return { ...at, stage: 'training', ...(current && { from: current.revision }) };
      });
    case 'training':
      return orReport(state, at, () => train(at, options));
    case 'judging':
      return orReport(state, at, () => judge(at, options));
    case 'publishing':
      return orReport(state, at, () => publish(at, options));
    case 'reporting':
      await report(at, options);
      return { ...state, at: { stage: 'waiting' } };
    default:
      return assertNever(at);
  }
}

async function begin(state: CycleState, { work, nowMs, directory, ledger }: CycleOptions): Promise<CycleState | undefined> {
  const datasetDigest = await work.datasetDigest();
  if (datasetDigest === undefined || datasetDigest === (await ledger.last())?.datasetDigest) return undefined;
  const id = new Date(nowMs())
    .toISOString()
    .replaceAll(/[-:]|\.\d+/g, '')
    .toLowerCase();
  await mkdir(join(directory, id), { recursive: true });
  return { ...state, at: { stage: 'validating', id, datasetDigest } };
}

async function train(at: StageOf<'training'>, { directory, name, registry, work }: CycleOptions): Promise<Stage> {
  const runDirectory = runDirectoryOf(directory, at.id);
  const current = at.from === undefined ? undefined : await registry.current(name);
  const incumbentDirectory = current && join(directory, at.id, 'incumbent');
  if (current && incumbentDirectory !== undefined) await writeFiles(incumbentDirectory, await registry.fetch(current.pointer));
  await mkdir(runDirectory, { recursive: true });
  await work.train(runDirectory, { incumbentDirectory, id: at.id });
  return { ...at, stage: 'judging' };
}

async function judge(at: StageOf<'judging'>, { directory, work }: CycleOptions): Promise<Stage> {
  const { id, datasetDigest } = at;
  const { verdict, from } = await work.judge(runDirectoryOf(directory, id));
  const outcomes = [...verdict.outcomes];
  if (!verdict.passes) return { stage: 'reporting', id, datasetDigest, verdict: { ...verdict, outcomes } };
  return {
    stage: 'publishing',
    id,
    datasetDigest,
    ...(from !== undefined && { from }),
    verdict: { ...verdict, outcomes },
    version: `cycle-${id}`,
  };
}

/** A kill between the pointer's move and the note of it leaves our version in force: then it is noted now. */
async function publish(at: StageOf<'publishing'>, { directory, name, registry, work }: CycleOptions): Promise<Stage> {
  const { id, datasetDigest, verdict, version, from } = at;
  const current = await registry.current(name);
  const isDone = current?.pointer.version === version;
  try {
    const { reference } = isDone ? { reference: current.pointer } : await work.publish(runDirectoryOf(directory, id), { version, from });
    return { stage: 'reporting', id, datasetDigest, verdict, published: reference };
  } catch (error) {
    if (!(error instanceof PublicationError) || error.code !== 'publish_conflict') throw error;
    return { stage: 'judging', id, datasetDigest }; // beside the one that came into force meanwhile
  }
}

async function report(at: StageOf<'reporting'>, { directory, work, ledger, log }: CycleOptions): Promise<void> {
  const { id, datasetDigest, verdict, published, failure } = at;
  const outcome = published
    ? `Published as ${published.version}, digest ${published.digest}.`
    : (failure ?? 'The candidate was not published.');
  const lines = [`# Cycle ${id}`, '', outcome, '', ...(verdict ? [verdictMarkdown(verdict)] : [])];
  const path = join(directory, id, 'report.md');
  await writeWhole(path, `${lines.join('\n')}\n`);
  log(`${outcome} See ${path}`);
  await work.report(runDirectoryOf(directory, id), at);
  await ledger.write({ datasetDigest, cycle: id, ...(published && { published: published.version }) });
  await rm(join(directory, id, 'incumbent'), { recursive: true, force: true });
}

/** What cannot go well however often it is tried ends the cycle with a report; what may pass, such as a lost server, ends the program. */
async function orReport(
  state: CycleState,
  { id, datasetDigest }: { readonly id: string; readonly datasetDigest: string },
  work: () => Promise<Stage>,
): Promise<CycleState> {
  try {
    return { ...state, at: await work() };
  } catch (error) {
    if (!(error instanceof CodedError) || MAY_PASS.has(error.code)) throw error;
    return { ...state, at: { stage: 'reporting', id, datasetDigest, failure: `${error.message} (${error.code})` } };
  }
}

const MAY_PASS = new Set(['registry_unreachable', 'publish_not_verified', 'lease_lost', 'worker_failed', 'kernel_not_built']);
