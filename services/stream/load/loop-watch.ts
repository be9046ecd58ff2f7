/** Looks at the event loop a few times a second, and tells the load meter how busy and how late it is. */

import { performance } from 'node:perf_hooks';

import type { LoadMeter } from './load-meter.ts';

const LOOK_MS = 250;

/** Watches until it is stopped. */
export class LoopWatch {
  readonly #load: Pick<LoadMeter, 'recordLoop'>;
  /** Whether something else than sessions fills the loop, so that its busyness says nothing of them. */
  readonly #isElsewhereBusy: () => boolean;
  readonly #timer: NodeJS.Timeout;
  #last = performance.eventLoopUtilization();
  #lookedAtMs = performance.now();

  constructor(load: Pick<LoadMeter, 'recordLoop'>, isElsewhereBusy: () => boolean) {
    this.#load = load;
    this.#isElsewhereBusy = isElsewhereBusy;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const [nowMs, utilisation] = [performance.now(), performance.eventLoopUtilization()];
    const { active } = performance.eventLoopUtilization(utilisation, this.#last);
    const elapsedMs = nowMs - this.#lookedAtMs;
    this.#last = utilisation;
    this.#lookedAtMs = nowMs;
    this.#load.recordLoop({ elapsedMs, busyMs: this.#isElsewhereBusy() ? 0 : active, lateMs: Math.max(0, elapsedMs - LOOK_MS) });
  }
}
