/** The frame of every script: right Node.js, one clear sentence when it cannot go on, an exit code. */
import { assertSupportedNode } from './node-version.mjs';
import { say } from './report.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * @param {() => Promise<number>} work - gives the exit code; `0` leaves the process running for what `work` started
 */
export async function main(work) {
  try {
    assertSupportedNode(process.versions.node);
    const code = await work();
    if (code !== 0) process.exitCode = code;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`\n✗ ${error.message}`);
    process.exitCode = 1;
  }
}
