/** Which blocks of our code have run, as V8 counts them. */

import { Session } from 'node:inspector/promises';

import { ROOT } from '../../scripts/lib/paths.mjs';

/** Counts from its start on. */
export class Coverage {
  readonly #sources: readonly string[];
  readonly #session = new Session();
  readonly #known = new Set<string>();

  /** @param sources - beginnings of paths in the project */
  constructor(sources: readonly string[]) {
    this.#sources = sources;
  }

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How many blocks the functions have that were ever entered. */
  get knownBlocks(): number {
    return this.#known.size;
  }

  /** The blocks that ran since the last call. */
  async take(): Promise<ReadonlySet<string>> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const ran = new Set<string>();
    for (const { url, functions } of result) {
      const path = decodeURI(url).split(ROOT)[1]?.replace(/^\//, '');
      if (path === undefined || !this.#sources.some((source) => path.startsWith(source))) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          const block = `${path}:${startOffset}-${endOffset}`;
          this.#known.add(block);
          if (count > 0) ran.add(block);
        }
      }
    }
    return ran;
  }

  stop(): void {
    this.#session.disconnect();
  }
}
