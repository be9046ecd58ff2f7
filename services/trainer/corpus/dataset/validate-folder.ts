/** Validates a data folder: lists it, measures every recording on all cores, judges. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { mapInWorkers } from '../map-in-workers.ts';
import { SPLIT_LISTS } from '../speaker-split.ts';
import type { InspectionWorkerData } from './inspection-worker.ts';
import { inspectFile, type ClipFacts } from './inspect-clip.ts';
import { listClips } from './listed-clips.ts';
import { classCounts, problemsOf, type ClassCount, type Problem } from './validate-clips.ts';

/** Files a message to a worker. */
const FILES_A_TASK = 64;

export interface ValidationReport {
  readonly directory: string;
  readonly files: number;
  readonly classes: readonly ClassCount[];
  readonly problems: readonly Problem[];
}

export interface ValidateOptions {
  /** Words that must have clips in every split; none: the words that are there. */
  readonly keywords: readonly string[];
  readonly onStart: (files: number) => void;
  readonly onProgress: (files: number) => void;
}

/** @throws {TrainerError} `data_not_found`, `worker_failed` */
export async function validateFolder(directory: string, { keywords, onStart, onProgress }: ValidateOptions): Promise<ValidationReport> {
  const clips = await listClips(directory);
  onStart(clips.length);
  const facts = await inspect(
    directory,
    clips.map(({ path }) => path),
    onProgress,
  );
  const missing = await missingFiles(directory, new Set(clips.map(({ path }) => path)));
  return { directory, files: clips.length, classes: classCounts(clips, facts), problems: problemsOf({ clips, facts, missing, keywords }) };
}

/** On all cores, unless starting threads would take longer than the work. */
async function inspect(directory: string, paths: readonly string[], onProgress: (files: number) => void): Promise<readonly ClipFacts[]> {
  if (paths.length <= FILES_A_TASK) return paths.map((path) => inspectFile(directory, path));
  const tasks = Array.from({ length: Math.ceil(paths.length / FILES_A_TASK) }, (_, i) =>
    paths.slice(i * FILES_A_TASK, (i + 1) * FILES_A_TASK),
  );
  const results = await mapInWorkers<readonly ClipFacts[]>(tasks, {
    file: new URL('./inspection-worker.ts', import.meta.url),
    workerData: { directory } satisfies InspectionWorkerData,
    onProgress: (done) => onProgress(Math.min(paths.length, done * FILES_A_TASK)),
  });
  return results.flat();
}

/** What the lists of splits name and the folders do not hold. */
async function missingFiles(directory: string, present: ReadonlySet<string>): Promise<string[]> {
  const missing: string[] = [];
  for (const set of await readdir(directory)) {
    for (const list of Object.values(SPLIT_LISTS)) {
      const text = await readFile(join(directory, set, list), 'utf8').catch(() => '');
      const names = text.split('\n').map((line) => line.trim());
      missing.push(
        ...names
          .filter(Boolean)
          .map((name) => `${set}/${name}`)
          .filter((path) => !present.has(path)),
      );
    }
  }
  return missing;
}
