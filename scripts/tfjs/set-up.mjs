/** Makes `@tensorflow/tfjs-node` work: from the cache, officially, or from a Python wheel. Only the trainer and tests need it. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, aptObstacle } from '../lib/apt.mjs';
import { findProgram, runCommand } from '../lib/command.mjs';
import { cacheFolder } from '../lib/paths.mjs';
import { say, step } from '../lib/report.mjs';
import { SetupError } from '../lib/setup-error.mjs';
import { compileBinding, findBinding, findFault, installOfficially, packageFolder } from './binding.mjs';
import { cacheEntry, keep, restore, useDeps } from './cache.mjs';
import { depsFromWheel, WHEEL } from './wheel.mjs';

/**
 * @typedef {object} Place
 * @property {string} root - the project's folder
 * @property {string} cache - outlives the checkout
 * @property {string} entry - this machine's part of the cache
 * @property {NodeJS.ProcessEnv} environment
 */

/**
 * Does nothing when the package has been proved to work since it was installed.
 *
 * @param {string} root - the project's folder
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<void>}
 * @throws {SetupError} `tfjs_unavailable`
 */
export async function setUpTfjs(root, environment) {
  // Inside the package, so that whatever replaces the package removes the mark too.
  const mark = join(packageFolder(root), `.proved-on-node-${process.versions.node.split('.')[0] ?? ''}`);
  if (existsSync(mark) && findBinding(root) !== undefined) return;
  const cache = cacheFolder(environment);
  await step('setting up tfjs-node', () => setUp({ root, cache, entry: cacheEntry(root, cache), environment }));
  writeFileSync(mark, '');
}

/** @param {Place} place */
async function setUp(place) {
  if (findBinding(place.root) !== undefined && (await findFault(place.root)) === undefined) return;
  if (restore(place.root, place.entry)) {
    const fault = await findFault(place.root);
    if (fault === undefined) return;
    say(`  the kept binding does not work any more: ${fault}`);
    rmSync(place.entry, { recursive: true, force: true });
  }
  await setUpAnew(place);
}

/** @param {Place} place */
async function setUpAnew(place) {
  /** @type {string[]} */
  const faults = [];
  for (const [title, way] of WAYS) {
    try {
      await way(place);
      const fault = await findFault(place.root);
      if (fault !== undefined) throw new SetupError('tfjs_broken', fault);
      keep(place.root, place.entry);
      return;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      say(`  ${title} did not work: ${error.message}`);
      faults.push(`${title}: ${error.message}`);
      for (const name of ['deps', 'lib']) rmSync(join(packageFolder(place.root), name), { recursive: true, force: true });
    }
  }
  throw new SetupError('tfjs_unavailable', `tfjs-node could not be set up; ${faults.join('; ')}.`);
}

/** @type {readonly (readonly [string, (place: Place) => Promise<void>])[]} */
const WAYS = [
  ['the official download', ({ root, environment }) => installOfficially(root, environment)],
  ['the Python wheel', fromWheel],
];

/** @param {Place} place */
async function fromWheel({ root, cache, entry, environment }) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupError('no_wheel', `there is none for ${process.platform} ${process.arch}`);
  const python = await requireTools(environment);
  const deps = join(entry, 'deps');
  rmSync(entry, { recursive: true, force: true });
  mkdirSync(deps, { recursive: true });
  await depsFromWheel(python, { download: cache, deps });
  useDeps(root, deps);
  say('  compiling the binding');
  await compileBinding(root, environment);
  rmSync(join(cache, WHEEL.file)); // what is needed of it is unpacked
}

/**
 * Finds what the wheel's way needs, installing it where that is allowed.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<string>} the Python interpreter
 */
async function requireTools(environment) {
  const missing = await missingTools(environment);
  if (missing.length > 0 && aptObstacle() === undefined) await aptInstall(missing);
  const python = findProgram(['python3'], environment['PATH'] ?? '');
  const stillMissing = await missingTools(environment);
  if (python !== undefined && stillMissing.length === 0) return python;
  throw new SetupError('tools_missing', `it needs ${stillMissing.join(', ')}, and ${aptObstacle() ?? 'apt could not install that'}`);
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<string[]>} as Debian packages
 */
async function missingTools(environment) {
  const missing = ['python3', 'make', 'g++'].filter((name) => findProgram([name], environment['PATH'] ?? '') === undefined);
  if (missing.includes('python3')) return [...missing, 'python3-pip'];
  const { code } = await runCommand('python3', ['-m', 'pip', '--version'], { quiet: true });
  return code === 0 ? missing : [...missing, 'python3-pip'];
}
