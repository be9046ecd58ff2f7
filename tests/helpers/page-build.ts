/** The page as it is built. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { PROJECT_DIRECTORY } from './test-server.ts';

/** Builds what has changed: `npm test` has done so already, an editor's test runner has not. */
export async function buildPage(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(PROJECT_DIRECTORY, 'scripts/build.mjs')], { cwd: PROJECT_DIRECTORY });
}
