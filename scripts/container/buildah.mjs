/** Runs buildah, which builds images and unpacks them without a daemon. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SetupError } from '../lib/setup-error.mjs';

/** What a command may print: a long build says much. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Of a failed command's output, for its message. */
const TOLD_CHARACTERS = 3000;

const run = promisify(execFile);

/**
 * @param {readonly string[]} args
 * @returns {Promise<string>} what it printed, without white space around it
 * @throws {SetupError} `container_failed`
 */
export function buildah(...args) {
  return mustRun('buildah', args);
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<string>} what it printed, without white space around it
 * @throws {SetupError} `container_failed`
 */
export async function mustRun(program, args) {
  try {
    const { stdout } = await run(program, args, { maxBuffer: MAX_OUTPUT_BYTES });
    return stdout.trim();
  } catch (error) {
    const { stderr = '', message } = /** @type {Error & { stderr?: string }} */ (error);
    throw new SetupError('container_failed', `${program} ${args.join(' ')} failed: ${(stderr || message).slice(-TOLD_CHARACTERS)}`);
  }
}

/**
 * Fails the verification, unless something holds.
 *
 * @param {boolean} holds
 * @param {string} otherwise
 * @returns {asserts holds}
 * @throws {SetupError} `container_failed`
 */
export function mustHold(holds, otherwise) {
  if (!holds) throw new SetupError('container_failed', otherwise);
}
