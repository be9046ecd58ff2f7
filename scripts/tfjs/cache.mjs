/** Keeps a working binding and its libraries outside the checkout, so that `npm ci` costs seconds and not a download. */
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFolder } from './binding.mjs';

/**
 * Where the binding of this package version and machine is kept. It uses Node-API, so it serves every version of Node.js.
 *
 * @param {string} root
 * @param {string} cache - the project's cache folder
 * @returns {string}
 */
export function cacheEntry(root, cache) {
  const { version } = /** @type {{ version: string }} */ (JSON.parse(readFileSync(join(packageFolder(root), 'package.json'), 'utf8')));
  return join(cache, ['tfjs-node', version, process.platform, process.arch].join('-'));
}

/**
 * Puts a kept binding into the package, if there is one: the big libraries as a link, the small binding as a copy, so that
 * it finds the libraries by its relative path.
 *
 * @param {string} root
 * @param {string} entry
 * @returns {boolean} whether there was one
 */
export function restore(root, entry) {
  if (!existsSync(join(entry, 'lib'))) return false;
  useDeps(root, join(entry, 'deps'));
  cpSync(join(entry, 'lib'), join(packageFolder(root), 'lib'), { recursive: true });
  return true;
}

/**
 * Lets the package's `deps` be a link to a folder elsewhere; what was there and what was compiled against it goes.
 *
 * @param {string} root
 * @param {string} deps
 */
export function useDeps(root, deps) {
  const folder = packageFolder(root);
  for (const name of ['deps', 'lib']) rmSync(join(folder, name), { recursive: true, force: true });
  symlinkSync(deps, join(folder, 'deps'));
}

/**
 * Keeps the package's binding, which has been proved to work. The entry's `lib` appears last and at once: it marks the entry as whole.
 *
 * @param {string} root
 * @param {string} entry
 */
export function keep(root, entry) {
  const folder = packageFolder(root);
  mkdirSync(entry, { recursive: true });
  if (!lstatSync(join(folder, 'deps')).isSymbolicLink()) moveDeps(root, join(entry, 'deps'));
  const staging = join(entry, `lib-${process.pid}`);
  cpSync(join(folder, 'lib'), staging, { recursive: true });
  rmSync(join(entry, 'lib'), { recursive: true, force: true });
  renameSync(staging, join(entry, 'lib'));
}

/**
 * @param {string} root
 * @param {string} target
 */
function moveDeps(root, target) {
  const deps = join(packageFolder(root), 'deps');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  cpSync(deps, target, { recursive: true, verbatimSymlinks: true });
  rmSync(deps, { recursive: true });
  symlinkSync(target, deps);
}
