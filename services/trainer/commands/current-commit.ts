/** The commit of the code that runs, for the record. */

import { execFileSync } from 'node:child_process';

/** Of the repository around the working directory; `unknown` where there is none. */
export function currentCommit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}
