/** Looks at the service and at k6 every few seconds. */

import { setTimeout as wait } from 'node:timers/promises';

import { cpuSecondsOf, rssBytesOf, type BuiltService } from '../helpers/built-service.ts';

/** What was seen at one time. */
export interface Look {
  readonly atMs: number;
  readonly rssBytes: number;
  readonly sessions: number;
  /** Of the service's processes, and of k6. */
  readonly cpuSeconds: number;
  readonly k6CpuSeconds: number;
  readonly k6RssBytes: number;
}

/** Collects looks until it is stopped. */
export class Sampler {
  readonly looks: Look[] = [];
  readonly #service: Pick<BuiltService, 'rssBytes' | 'cpuSeconds' | 'scrape'>;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #k6Pid: number | undefined;

  constructor(service: Pick<BuiltService, 'rssBytes' | 'cpuSeconds' | 'scrape'>, intervalMs: number) {
    this.#service = service;
    this.#running = this.#run(intervalMs);
  }

  /** From now on k6 is looked at too. */
  watch(k6Pid: number): void {
    this.#k6Pid = k6Pid;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(intervalMs: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const look = await this.#look().catch(() => undefined); // a service that does not answer is no reason to stop looking
      if (look) this.looks.push(look);
      await wait(intervalMs, undefined, { signal: this.#stop.signal }).catch(() => undefined); // stopped: the condition says so
    }
  }

  async #look(): Promise<Look> {
    const [rssBytes, cpuSeconds, scrape] = await Promise.all([
      this.#service.rssBytes(),
      this.#service.cpuSeconds(),
      this.#service.scrape(),
    ]);
    const pid = this.#k6Pid;
    const [k6CpuSeconds, k6RssBytes] = pid === undefined ? [0, 0] : await Promise.all([cpuSecondsOf(pid), rssBytesOf(pid)]);
    return { atMs: performance.now(), rssBytes, sessions: scrape.sum('kws_sessions'), cpuSeconds, k6CpuSeconds, k6RssBytes };
  }
}
