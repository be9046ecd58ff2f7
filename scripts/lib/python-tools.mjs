/** Programs written in Python that tests use, in environments of their own outside the checkout. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, aptObstacle } from './apt.mjs';
import { findProgram, runCommand } from './command.mjs';
import { cacheFolder } from './paths.mjs';
import { step } from './report.mjs';
import { SetupError } from './setup-error.mjs';

/** What each environment holds: MLflow keeps track of trainings and moto answers as S3 does; the checkers read what we deploy with;
 * the example in Python is a client. */
const ENVIRONMENTS = /** @type {const} */ ({
  servers: ['mlflow==3.17.2', 'moto[server]==5.2.5'],
  clients: ['websockets==17.4'],
  checkers: ['kubernetes-validate==1.37.0', 'zizmor==1.32.0'],
});
/** Which environment a program is in. */
const TOOLS = /** @type {const} */ ({
  mlflow: 'servers',
  moto_server: 'servers',
  'kubernetes-validate': 'checkers',
  zizmor: 'checkers',
  websockets: 'clients',
});
/** Lies in the environment when all of it does. */
const WHOLE = '.whole';
/** Up to some 100 packages, from a slow mirror. */
const INSTALL_LIMIT_MS = 15 * 60_000;

/** @typedef {keyof typeof ENVIRONMENTS} PythonEnvironment */

/**
 * A program, when its environment is there.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {keyof typeof TOOLS} name
 * @returns {string | undefined}
 */
export function findPythonTool(environment, name) {
  const folder = toolsFolder(environment, ENVIRONMENTS[TOOLS[name]]);
  return existsSync(join(folder, WHOLE)) ? join(folder, 'bin', name) : undefined;
}

/**
 * Makes an environment, unless it is there.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {PythonEnvironment} name
 * @returns {Promise<void>}
 * @throws {SetupError} `python_tools_unavailable`
 */
export async function setUpPythonTools(environment, name) {
  const requirements = ENVIRONMENTS[name];
  const folder = toolsFolder(environment, requirements);
  if (existsSync(join(folder, WHOLE))) return;
  rmSync(folder, { recursive: true, force: true });
  await step(`installing ${requirements.join(', ')} with pip (a minute or two, once)`, () => install(folder, requirements, environment));
}

/**
 * Programs know the path of their environment, so it is made in its place, and marked when it is whole.
 *
 * @param {string} folder
 * @param {readonly string[]} requirements
 * @param {NodeJS.ProcessEnv} environment
 */
async function install(folder, requirements, environment) {
  const python = await requirePython(environment);
  mkdirSync(folder, { recursive: true });
  const made = await runCommand(python, ['-m', 'venv', folder], { quiet: true });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements];
  const result = made.code === 0 ? await runCommand(join(folder, 'bin/python'), pip, { quiet: true, limitMs: INSTALL_LIMIT_MS }) : made;
  if (result.code === 0) {
    writeFileSync(join(folder, WHOLE), '');
    return;
  }
  rmSync(folder, { recursive: true, force: true });
  throw new SetupError(
    'python_tools_unavailable',
    `pip could not install ${requirements.join(', ')}: ${result.output.split('\n').slice(-3).join(' ')}`,
  );
}

/** @param {NodeJS.ProcessEnv} environment */
async function requirePython(environment) {
  if (!(await hasVenv()) && aptObstacle() === undefined) await aptInstall(['python3', 'python3-venv']);
  const python = findProgram(['python3'], environment['PATH'] ?? '');
  if (python !== undefined && (await hasVenv())) return python;
  throw new SetupError('python_tools_unavailable', `python3 with venv is missing, and ${aptObstacle() ?? 'apt could not install it'}`);
}

async function hasVenv() {
  return (await runCommand('python3', ['-c', 'import ensurepip, venv'], { quiet: true })).code === 0;
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @param {readonly string[]} requirements
 */
function toolsFolder(environment, requirements) {
  const stamp = createHash('sha256').update(requirements.join('\n')).digest('hex').slice(0, 12);
  return join(cacheFolder(environment), `python-tools-${stamp}`);
}
