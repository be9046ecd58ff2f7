/** The installed tfjs-node package: its state on disk, its official set-up, its compilation and its proof. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../lib/command.mjs';
import { SetupError } from '../lib/setup-error.mjs';

/** A host that has not answered by then is taken for unreachable. */
const PROBE_LIMIT_MS = 5000;
/** Longest download we wait for in the official way, about 100 MB. */
const OFFICIAL_LIMIT_MS = 5 * 60_000;
/** The compilation takes some 10 s on a slow machine. */
const COMPILE_LIMIT_MS = 5 * 60_000;
/** Loading 500 MB of libraries from a cold disk takes a while. */
const PROOF_LIMIT_MS = 60_000;

/** Multiplies two matrices; fails unless the native library did it right. */
const PROOF = `
  const tf = require('@tensorflow/tfjs-node');
  const matrix = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const product = tf.matMul(matrix, matrix).dataSync();
  if (tf.getBackend() !== 'tensorflow' || product.join() !== '7,10,15,22') throw new Error('wrong product ' + product);
`;

/** @param {string} root */
export function packageFolder(root) {
  return join(root, 'node_modules/@tensorflow/tfjs-node');
}

/**
 * The compiled binding, when it and its library are there.
 *
 * @param {string} root
 * @returns {string | undefined} its path
 */
export function findBinding(root) {
  const folder = packageFolder(root);
  const libraries = ['libtensorflow.so.2', 'libtensorflow.2.dylib', 'tensorflow.lib'];
  if (!existsSync(join(folder, 'lib')) || !libraries.some((name) => existsSync(join(folder, 'deps/lib', name)))) return undefined;
  const builds = readdirSync(join(folder, 'lib')).map((name) => join(folder, 'lib', name, 'tfjs_binding.node'));
  return builds.find((path) => existsSync(path));
}

/**
 * Proves in a process of its own that the library computes.
 *
 * @param {string} root
 * @returns {Promise<string | undefined>} what went wrong, if anything
 */
export async function findFault(root) {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' };
  const { code, output } = await runCommand(process.execPath, ['-e', PROOF], { cwd: root, env, quiet: true, limitMs: PROOF_LIMIT_MS });
  return code === 0 ? undefined : `a matrix product failed: ${output.split('\n').slice(-12).join(' ')}`;
}

/**
 * Runs the package's own install script, which downloads the library and a binding.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<void>}
 * @throws {SetupError} `official_download_failed`
 */
export async function installOfficially(root, environment) {
  const folder = packageFolder(root);
  if (!(await isHostReachable(folder, environment))) throw new SetupError('official_download_failed', 'its download host does not answer');
  const original = readFileSync(join(folder, 'package.json'), 'utf8');
  const { code, output } = await runCommand(process.execPath, ['scripts/install.js'], {
    cwd: folder,
    env: compileEnvironment(root, environment),
    quiet: true,
    limitMs: OFFICIAL_LIMIT_MS,
  });
  if (code === 0 && findBinding(root) !== undefined) return;
  discard(root, original);
  throw new SetupError('official_download_failed', `its install script failed: ${output.split('\n').slice(-3).join(' ')}`);
}

/**
 * Compiles the binding against the libraries in the package's `deps`.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<void>}
 * @throws {SetupError} `compilation_failed`
 */
export async function compileBinding(root, environment) {
  const { code, output } = await runCommand(join(root, 'node_modules/.bin/node-pre-gyp'), ['install', '--build-from-source'], {
    cwd: packageFolder(root),
    env: compileEnvironment(root, environment),
    quiet: true,
    limitMs: COMPILE_LIMIT_MS,
  });
  if (code === 0 && findBinding(root) !== undefined) return;
  throw new SetupError('compilation_failed', `compiling the binding failed (it needs Node's headers, make and a C++ compiler): ${output}`);
}

/**
 * Whether it is worth trying the package's download host. Behind a proxy or with a mirror its own script has to find out.
 *
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} environment
 */
async function isHostReachable(folder, environment) {
  const detours = ['HTTPS_PROXY', 'https_proxy', 'TFJS_NODE_CDN_STORAGE', 'TFJS_NODE_BASE_URI'];
  if (detours.some((name) => environment[name])) return true;
  const description = /** @type {{ binary: { host: string } }} */ (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  try {
    await fetch(description.binary.host, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv}
 */
function compileEnvironment(root, environment) {
  const env = { ...environment, PATH: `${join(root, 'node_modules/.bin')}:${environment['PATH'] ?? ''}` };
  const nodeFolder = dirname(dirname(process.execPath));
  // Headers that came with this very Node.js save node-gyp a download.
  return existsSync(join(nodeFolder, 'include/node/node_api.h')) ? { ...env, npm_config_nodedir: nodeFolder } : env;
}

/**
 * Removes what a failed install script leaves: half a download, and a package.json that it edits while it works.
 *
 * @param {string} root
 * @param {string} packageJson - the original text
 */
function discard(root, packageJson) {
  const folder = packageFolder(root);
  for (const name of ['deps', 'lib']) rmSync(join(folder, name), { recursive: true, force: true });
  writeFileSync(join(folder, 'package.json'), packageJson);
}
