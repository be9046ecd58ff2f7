/** What a benchmark is to those that run all of them and write the page. */

export interface Benchmark {
  /** Of its files in `bench/results`, and for `--only`. */
  readonly name: string;
  readonly title: string;
  /** One or two sentences for the page. */
  readonly answers: string;
  /** The script of package.json. */
  readonly script: string;
  /** Its arguments, given the folder of recordings if there is one. */
  readonly args?: (data: string | undefined) => readonly string[];
  readonly limitMinutes: number;
  /** Why it cannot run here; undefined if it can. */
  readonly obstacle?: (data: string | undefined) => string | undefined;
  /** If it writes no file of its own, what it prints there is its result. */
  readonly printsOn?: 'stdout' | 'stderr';
  /** Takes hours: only when it is named. */
  readonly isLong?: boolean;
}

/** As one types it; recordings are in `DATA`. */
export function commandOf({ script, args }: Pick<Benchmark, 'script' | 'args'>, data = 'DATA'): string {
  const rest = args?.(data) ?? [];
  return ['npm run', script, ...(rest.length > 0 ? ['--', ...rest] : [])].join(' ');
}
