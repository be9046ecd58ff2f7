/** Installs Debian packages, where we may. */
import { readFileSync } from 'node:fs';
import { runCommand } from './command.mjs';
import { step } from './report.mjs';

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
  await step(`installing ${packages.join(', ')} with apt`, async () => {
    await runCommand('apt-get', ['update', '-qq'], { env });
    await runCommand('apt-get', ['install', '-y', '-qq', '-o', 'Dpkg::Use-Pty=0', '--no-install-recommends', ...packages], { env });
  });
}

function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false; // macOS, Windows
  }
}
