/** Servers written in Python that tests talk to, in an environment of their own outside the checkout. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, aptObstacle } from './apt.mjs';
import { findProgram, runCommand } from './command.mjs';
import { cacheFolder } from './paths.mjs';
import { step } from './report.mjs';
import { SetupError } from './setup-error.mjs';

/** MLflow keeps track of trainings; moto answers as S3 does. */
const REQUIREMENTS = ['mlflow==3.17.2', 'moto[server]==5.2.5'];
/** Lies in the environment when all of it does. */
const WHOLE = '.whole';
/** Some 100 packages, from a slow mirror. */
const INSTALL_LIMIT_MS = 15 * 60_000;

/**
 * A program of the environment, when it is there.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {'mlflow' | 'moto_server'} name
 * @returns {string | undefined}
 */
export function findPythonTool(environment, name) {
  const folder = toolsFolder(environment);
  return existsSync(join(folder, WHOLE)) ? join(folder, 'bin', name) : undefined;
}

/**
 * Makes the environment, unless it is there.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<void>}
 * @throws {SetupError} `python_tools_unavailable`
 */
export async function setUpPythonTools(environment) {
  const folder = toolsFolder(environment);
  if (existsSync(join(folder, WHOLE))) return;
  rmSync(folder, { recursive: true, force: true });
  await step(`installing ${REQUIREMENTS.join(', ')} with pip (a minute or two, once)`, () => install(folder, environment));
}

/**
 * Programs know the path of their environment, so it is made in its place, and marked when it is whole.
 *
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} environment
 */
async function install(folder, environment) {
  const python = await requirePython(environment);
  mkdirSync(folder, { recursive: true });
  const made = await runCommand(python, ['-m', 'venv', folder], { quiet: true });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...REQUIREMENTS];
  const result = made.code === 0 ? await runCommand(join(folder, 'bin/python'), pip, { quiet: true, limitMs: INSTALL_LIMIT_MS }) : made;
  if (result.code === 0) {
    writeFileSync(join(folder, WHOLE), '');
    return;
  }
  rmSync(folder, { recursive: true, force: true });
  throw new SetupError(
    'python_tools_unavailable',
    `pip could not install ${REQUIREMENTS.join(', ')}: ${result.output.split('\n').slice(-3).join(' ')}`,
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

/** @param {NodeJS.ProcessEnv} environment */
function toolsFolder(environment) {
  const stamp = createHash('sha256').update(REQUIREMENTS.join('\n')).digest('hex').slice(0, 12);
  return join(cacheFolder(environment), `python-tools-${stamp}`);
}
