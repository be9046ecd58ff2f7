/** Fuzzing guided by coverage: what reaches code that nothing reached before is kept and changed again. */

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { Coverage } from './coverage.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

/** Inputs between two looks at the coverage: a look walks the whole heap, and costs as much as a thousand of them. */
const BATCH = 2000;
/** More findings than this are of one kind. */
const MAX_FINDINGS = 10;

/** An input that should not have done what it did. */
export interface Finding {
  readonly input: Uint8Array;
  readonly error: unknown;
}

export interface FuzzReport {
  readonly executions: number;
  /** Blocks reached, and those of all functions that were ever entered. */
  readonly reached: number;
  readonly known: number;
  /** Inputs that each reached something new, the first ones given among them. */
  readonly kept: readonly Uint8Array[];
  readonly findings: readonly Finding[];
}

export interface FuzzOptions {
  readonly seed: number;
  readonly corpus: readonly Uint8Array[];
  /** Asked after each batch. */
  readonly isOver: () => boolean;
}

/** Runs until it is over, or has found enough. */
export async function fuzz(target: Target, { seed, corpus, isOver }: FuzzOptions): Promise<FuzzReport> {
  const random = xoroshiro128plus(seed);
  const run = new Run(target);
  const pick = (): Uint8Array => run.kept[uniformInt(random, 0, run.kept.length - 1)]!;
  await run.coverage.start();
  for (const input of [...target.seeds, ...corpus]) await run.locate([input], () => false);
  while (!isOver() && run.findings.length < MAX_FINDINGS) {
    const batch = Array.from({ length: BATCH }, () => mutate(pick(), { random, dictionary: target.dictionary, other: pick }));
    await run.locate(batch, isOver);
  }
  run.coverage.stop();
  const { executions, reached, coverage, kept, findings } = run;
  return { executions, reached: reached.size, known: coverage.knownBlocks, kept, findings };
}

/** What has been tried of one target, and what came of it. */
class Run {
  readonly coverage: Coverage;
  readonly reached = new Set<string>();
  readonly kept: Uint8Array[] = [];
  readonly findings: Finding[] = [];
  executions = 0;
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
    this.coverage = new Coverage(target.sources);
  }

  /** Runs inputs; if together they reach something new, halves them until it is known which do, and keeps those. */
  async locate(inputs: readonly Uint8Array[], isOver: () => boolean): Promise<void> {
    for (const input of inputs) {
      if (isOver()) return;
      this.#execute(input);
    }
    const ran = await this.coverage.take();
    const isNew = [...ran].some((block) => !this.reached.has(block));
    if (isNew && inputs.length === 1) this.kept.push(inputs[0]!);
    else if (isNew && this.findings.length === 0) {
      const middle = inputs.length >> 1;
      await this.locate(inputs.slice(0, middle), isOver);
      await this.locate(inputs.slice(middle), isOver);
    }
    for (const block of ran) this.reached.add(block);
  }

  #execute(input: Uint8Array): void {
    this.executions++;
    try {
      this.#target.run(input);
    } catch (error) {
      this.findings.push({ input, error });
    }
  }
}
