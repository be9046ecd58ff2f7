/** Runs other programs, visibly or with their output kept. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { delimiter, join } from 'node:path';

/** Kept of a quiet command's output, for the message when it fails. */
const KEPT_OUTPUT_CHARACTERS = 4000;
/** The exit code when the program could not be started at all, as shells have it. */
const NOT_FOUND = 127;

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [quiet] - keep the output instead of showing it
 * @property {number} [limitMs] - kill the program after this long
 */

/**
 * Runs a program to its end. An interrupt from the terminal reaches the program itself; a termination signal is passed on.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<{ code: number, output: string }>} the exit code and the end of a quiet program's output
 */
export function runCommand(program, args, { cwd, env, quiet = false, limitMs } = {}) {
  return new Promise((resolve) => {
    // A process group of its own lets a limit end the program's children too.
    const isLimited = limitMs !== undefined;
    const child = spawn(program, args, { cwd, env, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit', detached: isLimited });
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT_CHARACTERS);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const terminate = () => {
      endProcess(child.pid, isLimited);
    };
    const interrupt = isLimited ? terminate : () => undefined; // the terminal interrupts our own group
    const timer = isLimited ? setTimeout(terminate, limitMs) : undefined;
    process.on('SIGINT', interrupt).on('SIGTERM', terminate);
    const end = (/** @type {number} */ code) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt).off('SIGTERM', terminate);
      resolve({ code, output: output.trim() });
    };
    child.once('error', (error) => {
      output = error.message;
      end(NOT_FOUND);
    });
    child.once('close', (code, signal) => {
      end(code ?? 128 + (signal ? osConstants.signals[signal] : 0));
    });
  });
}

/**
 * @param {number | undefined} pid
 * @param {boolean} isGroup
 */
function endProcess(pid, isGroup) {
  if (pid === undefined) return; // it never started
  try {
    process.kill(isGroup ? -pid : pid, 'SIGTERM');
  } catch {
    // it has just ended by itself
  }
}

/**
 * Finds the first of some programs on the search path.
 *
 * @param {readonly string[]} names
 * @param {string} searchPath - as in `PATH`
 * @returns {string | undefined} its absolute path
 */
export function findProgram(names, searchPath) {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
