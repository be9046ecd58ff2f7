/** Where a benchmark leaves its figures: `NAME.json` for the page that is composed of all of them, `NAME.md` for people. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { machine } from './report.ts';
import { ROOT } from './subject.ts';

export const RESULTS_FOLDER = join(ROOT, 'bench/results');

export interface Result {
  /** What JSON holds; the machine and the date are added. */
  readonly figures: object;
  readonly markdown: string;
  readonly folder?: string;
}

/** Replaces what an earlier run left. */
export function writeResult(name: string, { figures, markdown, folder = RESULTS_FOLDER }: Result): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ machine: machine(), ...figures }, undefined, 2)}\n`);
  writeFileSync(join(folder, `${name}.md`), markdown);
}
