/** The service as it is shipped: built, a process of its own with its workers, started as an operator may start it. */

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { ROOT } from '../../scripts/lib/paths.mjs';
import { SERVICE_ENVIRONMENT, SERVICE_NODE_OPTIONS } from '../../scripts/lib/service-command.mjs';
import { Scrape } from './prometheus.ts';

const MAIN = join(ROOT, 'dist/stream/main.js');
/** Of Linux; `getconf CLK_TCK` says so on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const KIBIBYTE = 1024;
/** Lines of its log that are kept. */
const MAX_LOG_LINES = 10_000;

type Child = ChildProcessByStdio<null, Readable, Readable>;

export interface BuiltServiceOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** A program and its arguments that run Node in their stead (`prlimit --nofile=64`), keeping the process. */
  readonly wrapper?: readonly string[];
  /** Of Node. */
  readonly nodeOptions?: readonly string[];
}

/** What one line of the log says. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** A running service. */
export class BuiltService {
  readonly url: string;
  readonly pid: number;
  readonly #child: Child;
  readonly #log: LogLine[];

  constructor(child: Child, { url, log }: { readonly url: string; readonly log: LogLine[] }) {
    this.#child = child;
    this.url = url;
    this.pid = child.pid ?? NaN;
    this.#log = log;
  }

  /** Starts it on a free port of loopback. @throws {Error} with what it said, if it ends before it listens */
  static async start({ environment = {}, wrapper = [], nodeOptions = [] }: BuiltServiceOptions = {}): Promise<BuiltService> {
    const [program, ...args] = [...wrapper, process.execPath, ...SERVICE_NODE_OPTIONS, ...nodeOptions, MAIN];
    const child = spawn(program, args, {
      cwd: ROOT,
      env: {
        ...process.env,
        ...SERVICE_ENVIRONMENT,
        PORT: '0',
        HOST: '127.0.0.1',
        LOG_LEVEL: 'info',
        DRAIN_TIMEOUT_MS: '0',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: LogLine[] = [];
    createInterface(child.stderr).on('line', (line) => {
      if (log.length < MAX_LOG_LINES) log.push(logLineOf(line));
    });
    for await (const line of createInterface(child.stdout)) {
      const url = /^listening on (http:\S+)$/.exec(line)?.[1];
      if (url !== undefined) return new BuiltService(child, { url, log });
    }
    throw new Error(`the service ended before it listened: ${log.map((line) => JSON.stringify(line)).join('\n')}`);
  }

  /** What it has logged so far. */
  get log(): readonly LogLine[] {
    return this.#log;
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  scrape(): Promise<Scrape> {
    return Scrape.of(this.url);
  }

  /** Whether it says that it is ready, within a second. */
  async isReady(): Promise<boolean> {
    return fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** Its processes: itself, then its workers. */
  async pids(): Promise<readonly number[]> {
    const children = await readFile(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8');
    return [this.pid, ...children.split(' ').filter(Boolean).map(Number)];
  }

  /** CPU seconds of all its processes so far. */
  async cpuSeconds(): Promise<number> {
    return sumOf(await Promise.all((await this.pids()).map(cpuSecondsOf)));
  }

  /** Resident memory of all its processes. */
  async rssBytes(): Promise<number> {
    return sumOf(await Promise.all((await this.pids()).map(rssBytesOf)));
  }

  /** Asks it to end and waits. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.hasExited) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }
}

/** User and system, all threads; 0 of a process that has gone. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}

export async function rssBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * KIBIBYTE;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Node's own complaints are no JSON. */
function logLineOf(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine; // of our own program
  } catch {
    return { msg: line };
  }
}
