/** Installs Debian packages, where we may. */
import { readFileSync } from 'node:fs';
import { runCommand } from './command.mjs';
import { say, step } from './report.mjs';

/**
 * Why Debian packages cannot be installed here.
 *
 * @returns {string | undefined} `undefined` when they can
 */
export function aptObstacle() {
  if (!isDebian()) return 'this is not Debian';
  return process.getuid?.() === 0 ? undefined : 'only root may install it';
}

/**
 * Installs packages that are not there yet; a failure shows on the terminal, and in what is still missing afterwards.
 *
 * @param {readonly string[]} packages
 * @returns {Promise<void>}
 */
export async function aptInstall(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await step(`installing ${packages.join(', ')} with apt (a minute or two)`, async () => {
    await aptGet(['update'], env);
    await aptGet(['install', '-y', '--no-install-recommends', ...packages], env);
  });
}

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function aptGet(args, env) {
  const { code, output } = await runCommand('apt-get', ['-qq', ...args], { env, quiet: true });
  if (code !== 0) say(output);
}

function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false; // macOS, Windows
  }
}
