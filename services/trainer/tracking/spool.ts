/** What a run has told and the store has not heard yet, on disk: it outlives a lost server and a killed trainer. */

import { randomUUID } from 'node:crypto';
import { appendFileSync, copyFileSync, linkSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';

import { z } from 'zod';

/** Of one run's values; a training of a thousand epochs writes one. */
export const MAX_SPOOL_BYTES = 32 * 1024 * 1024;
/** Of one run's files. */
export const MAX_SPOOL_FILE_BYTES = 1024 * 1024 * 1024;
/** The oldest beyond are given up. */
export const MAX_SPOOLED_RUNS = 100;

/** A process on another machine that shares the folder counts as dead after so long without a beat. */
const OTHER_HOST_LEASE_MS = 10 * 60_000;

const OPERATIONS = 'operations.jsonl';
const PROGRESS = 'progress.json';
const OWNER = 'owner.json';

const values = z.record(z.string(), z.string());
const number = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const OperationSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('open'),
    key: z.string(),
    experiment: z.string(),
    name: z.string(),
    startTimeMs: z.number(),
    user: z.string(),
  }),
  z.object({ type: z.literal('params'), values }),
  z.object({ type: z.literal('tags'), values }),
  z.object({ type: z.literal('metrics'), values: z.record(z.string(), number), timestampMs: z.number(), step: z.number() }),
  z.object({
    type: z.literal('dataset'),
    name: z.string(),
    digest: z.string(),
    source: z.string(),
    context: z.enum(['training', 'validation', 'test']),
  }),
  z.object({ type: z.literal('artefact'), file: z.string(), name: z.string() }),
  z.object({ type: z.literal('end'), status: z.enum(['FINISHED', 'FAILED', 'KILLED']), endTimeMs: z.number() }),
]);
/** One thing that a run has told. */
export type Operation = z.infer<typeof OperationSchema>;

const ProgressSchema = z.object({ runId: z.string().optional(), sent: z.int() });
/** How far the store has heard: its id of the run, and how many operations. */
export type SpoolProgress = z.infer<typeof ProgressSchema>;

const OwnerSchema = z.object({ pid: z.int(), host: z.string() });

/** One run's folder. All writes are synchronous: what was told is on disk when the call returns, even if the process dies next. */
export class Spool {
  readonly directory: string;
  #bytes: number;
  #fileBytes = 0;
  #files = 0;
  /** What found no room: metrics and files beyond the limits. */
  dropped = 0;

  /** Of a folder that is there; `create` and `adopt` make it ours first. */
  constructor(directory: string) {
    this.directory = directory;
    this.#bytes = statSync(join(directory, OPERATIONS), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** A new run's, owned by this process. */
  static create(root: string, key: string): Spool {
    const directory = join(root, key);
    mkdirSync(join(directory, 'files'), { recursive: true });
    writeOwner(directory);
    return new Spool(directory);
  }

  /** Takes over what a dead process left; `undefined` when another process was faster. */
  static adopt(root: string, name: string): Spool | undefined {
    const directory = join(root, `${name.split('~')[0] ?? name}~${randomUUID().slice(0, 8)}`);
    try {
      renameSync(join(root, name), directory);
      writeOwner(directory);
      appendFileSync(join(directory, OPERATIONS), '\n'); // ends a line that the kill cut short
      return new Spool(directory);
    } catch {
      return undefined; // it is no longer there
    }
  }

  /** Notes an operation; `params`, `tags` and the end always find room, being small and few. */
  append(operation: Operation): void {
    const line = `${JSON.stringify(operation, plainNumbers)}\n`;
    if (operation.type === 'metrics' && this.#bytes + line.length > MAX_SPOOL_BYTES) {
      this.dropped++;
      return;
    }
    appendFileSync(join(this.directory, OPERATIONS), line);
    this.#bytes += Buffer.byteLength(line);
  }

  /** Keeps a file as it is now. A link costs nothing, and our files are replaced, not rewritten; a copy where links cannot be. */
  appendFile(path: string, name: string): void {
    const bytes = statSync(path).size;
    if (this.#fileBytes + bytes > MAX_SPOOL_FILE_BYTES) {
      this.dropped++;
      return;
    }
    const file = `${++this.#files}-${basename(path)}`;
    const kept = join(this.directory, 'files', file);
    try {
      linkSync(path, kept);
    } catch {
      copyFileSync(path, kept);
    }
    this.#fileBytes += bytes;
    this.append({ type: 'artefact', file, name });
  }

  /** Everything told so far. A last line that a kill cut short counts as not told. */
  operations(): Operation[] {
    const lines = readFileSync(join(this.directory, OPERATIONS), 'utf8').split('\n');
    return lines.flatMap((line) => {
      const operation = OperationSchema.safeParse(parseLine(line));
      return operation.success ? [operation.data] : [];
    });
  }

  pathOf(file: string): string {
    return join(this.directory, 'files', file);
  }

  progress(): SpoolProgress {
    try {
      return ProgressSchema.parse(JSON.parse(readFileSync(join(this.directory, PROGRESS), 'utf8')));
    } catch {
      return { sent: 0 }; // nothing was sent yet
    }
  }

  saveProgress(progress: SpoolProgress): void {
    replaceFile(join(this.directory, PROGRESS), JSON.stringify(progress));
  }

  /** Shows other machines on the same folder that this process lives. */
  beat(): void {
    writeOwner(this.directory);
  }

  /** Gives the room back, once everything was heard. */
  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** The folders of runs whose process is no more, oldest first. */
export async function abandonedSpools(root: string, isMine: (name: string) => boolean): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  return names
    .filter((name) => !isMine(name) && !isOwnerAlive(join(root, name)))
    .map((name) => ({ name, modifiedMs: statSync(join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => a.modifiedMs - b.modifiedMs)
    .map(({ name }) => name);
}

/** In a container every process may have the number 1: a folder of our own number that we did not make is a dead one's. */
function isOwnerAlive(directory: string): boolean {
  const owner = OwnerSchema.safeParse(parseFile(join(directory, OWNER))).data;
  if (owner === undefined || owner.pid === process.pid) return false;
  if (owner.host !== hostname()) return ageMs(join(directory, OWNER)) < OTHER_HOST_LEASE_MS;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // alive, and somebody else's
  }
}

function ageMs(path: string): number {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
}

function writeOwner(directory: string): void {
  writeFileSync(join(directory, OWNER), JSON.stringify({ pid: process.pid, host: hostname() }));
}

function replaceFile(path: string, content: string): void {
  writeFileSync(`${path}.tmp`, content);
  renameSync(`${path}.tmp`, path);
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** JSON has no word for what is not finite. */
function plainNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
