/** Refuses a Node.js version that the project cannot run on, before anything else is tried. */
import { SetupError } from './setup-error.mjs';

/** First supported version, `[major, minor]`: the oldest that Vite and Vitest run on. */
const MINIMUM = [20, 19];
/** First major version that is too new: TensorFlow's binding breaks there. */
const TOO_NEW_MAJOR = 23;

/** The range as package.json's `engines` writes it. */
export const SUPPORTED_RANGE = `>=${MINIMUM.join('.')} <${TOO_NEW_MAJOR}`;

/**
 * @param {string} version - such as `20.19.4`
 * @returns {boolean}
 */
export function isSupportedNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minimumMajor = 0, minimumMinor = 0] = MINIMUM;
  if (major >= TOO_NEW_MAJOR) return false;
  return major > minimumMajor || (major === minimumMajor && minor >= minimumMinor);
}

/**
 * @param {string} version - such as `20.19.4`
 * @throws {SetupError} `unsupported_node`
 */
export function assertSupportedNode(version) {
  if (isSupportedNode(version)) return;
  throw new SetupError(
    'unsupported_node',
    `This project needs Node.js ${SUPPORTED_RANGE} (20 or 22), but this is ${version}: install one of these and try again.`,
  );
}
