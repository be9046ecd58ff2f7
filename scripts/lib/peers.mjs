/** The peers of the benchmark that tests hold exports to, in a folder of their own under `bench/peers`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.mjs';
import { step } from './report.mjs';
import { SetupError } from './setup-error.mjs';

/** Some 400 MB, from a slow mirror. */
const INSTALL_LIMIT_MS = 10 * 60_000;

/**
 * Installs the npm packages of `bench/peers`, unless they are there.
 *
 * @param {string} root
 * @returns {Promise<void>}
 * @throws {SetupError} `peers_unavailable`
 */
export async function setUpPeers(root) {
  const folder = join(root, 'bench/peers');
  if (existsSync(join(folder, 'node_modules'))) return;
  await step('installing the packages of bench/peers (once)', async () => {
    const { code, output } = await runCommand('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      quiet: true,
      limitMs: INSTALL_LIMIT_MS,
    });
    if (code !== 0)
      throw new SetupError('peers_unavailable', `npm could not install bench/peers: ${output.split('\n').slice(-3).join(' ')}`);
  });
}
