/** The server under load, in a process of its own, and what the kernel says it takes. */

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { SERVICE_ENVIRONMENT, SERVICE_NODE_OPTIONS } from '../../scripts/lib/service-command.mjs';
import { ROOT } from '../subject.ts';

/** Of Linux; `getconf CLK_TCK` says so on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const KIBIBYTE = 1024;
const SERVICE = 'dist/stream/main.js';

/** A started server. */
export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcessByStdio<null, Readable, null>;

  constructor(child: ChildProcessByStdio<null, Readable, null>, url: string) {
    this.#child = child;
    this.url = url;
  }

  /**
   * Starts a program that prints `listening on URL` first.
   *
   * @param args - of Node
   */
  static async start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const child = spawn(process.execPath, [...args], {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.once('exit', () => child.kill('SIGKILL')); // a benchmark that gives up leaves nothing running
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^listening on (http:\S+)$/.exec(line)?.[1];
      if (url !== undefined) return new ServerProcess(child, url);
    }
    throw new Error(`${args.join(' ')} ended before it listened`);
  }

  /** Starts the stream service that was built. */
  static async startService(environment: Readonly<Record<string, string>>, nodeOptions: readonly string[] = []): Promise<ServerProcess> {
    return ServerProcess.start([...SERVICE_NODE_OPTIONS, ...nodeOptions, SERVICE], { ...SERVICE_ENVIRONMENT, ...environment });
  }

  /** CPU seconds so far, user and system, all threads. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  /** Resident memory. */
  async rssBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * KIBIBYTE;
  }

  /** Of a program that collects its garbage on this signal. */
  async collectGarbage(): Promise<void> {
    this.#child.kill('SIGUSR2');
    await this.metric('process_resident_memory_bytes'); // answered after the signal
  }

  /** The value of a metric without labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}
