/** Installs the npm packages of the lockfile when they are not there yet. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runCommand } from './command.mjs';
import { step } from './report.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 */

/**
 * Installs the packages, unless exactly those of the lockfile are there for this Node.js and machine.
 *
 * @param {string} root - the project's folder
 * @returns {Promise<void>}
 * @throws {SetupError} `install_failed`
 */
export async function installPackages(root) {
  const stamp = installStamp(root);
  const stampFile = join(root, 'node_modules/.cache/kws-service/install');
  const known = readText(stampFile);
  if (known === stamp) return;
  const isOtherMachine = known !== undefined && machineOf(known) !== machineOf(stamp);
  if (isOtherMachine || !isInstalled(root)) await step('installing the npm packages (once)', () => npmCi(root));
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

/**
 * Names the state that an installation belongs to.
 *
 * @param {string} root - the project's folder
 * @param {{ node?: string, platform?: string, arch?: string }} [machine] - this one unless told
 * @returns {string}
 */
export function installStamp(root, { node = process.versions.node, platform = process.platform, arch = process.arch } = {}) {
  const lockfile = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return [lockfile, `node${node.split('.')[0] ?? ''}`, platform, arch].join(' ');
}

/**
 * @param {string} stamp
 * @returns {string} all but the lockfile
 */
function machineOf(stamp) {
  return stamp.slice(stamp.indexOf(' '));
}

/**
 * Whether npm has already installed just what the lockfile says, as after a developer's own `npm install`.
 * npm records what it has put into `node_modules` in a lockfile of its own there, written last.
 *
 * @param {string} root - the project's folder
 * @returns {boolean}
 */
export function isInstalled(root) {
  const installed = lockedPackages(join(root, 'node_modules/.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = Object.entries(lockedPackages(join(root, 'package-lock.json')) ?? {});
  return wanted.every(([path, entry]) => path === '' || isSame(entry, installed[path]));
}

/**
 * @param {LockedPackage} wanted
 * @param {LockedPackage | undefined} installed - optional packages of other platforms are left out
 */
function isSame(wanted, installed) {
  if (installed === undefined) return wanted.optional === true;
  return wanted.version === installed.version && wanted.integrity === installed.integrity;
}

/**
 * @param {string} path
 * @returns {Record<string, LockedPackage> | undefined}
 */
function lockedPackages(path) {
  const text = readText(path);
  if (text === undefined) return undefined;
  return /** @type {{ packages: Record<string, LockedPackage> }} */ (JSON.parse(text)).packages;
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // not there yet
  }
}

/** @param {string} root */
async function npmCi(root) {
  const npm = process.env['npm_execpath'] ?? ''; // set when npm started us: then the same npm goes on
  const [program, ...first] = basename(npm) === 'npm-cli.js' ? [process.execPath, npm] : ['npm'];
  const { code } = await runCommand(program, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root });
  if (code === 0) return;
  throw new SetupError(
    'install_failed',
    `"npm ci" failed with exit code ${code} (its message is above): check that the npm registry can be reached and that the disk has room, then try again.`,
  );
}
