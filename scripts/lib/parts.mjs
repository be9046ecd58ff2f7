/** What tests need beyond npm packages, where it is, and which tests cannot run without it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { findProgram } from './command.mjs';
import { findBinding } from '../tfjs/binding.mjs';
import { ROOT } from './paths.mjs';
import { findPythonTool } from './python-tools.mjs';

/**
 * @typedef {object} Part
 * @property {'chromium' | 'nats-server' | 'tfjs-node' | 'mlflow' | 's3-server' | 'onnxruntime'} name
 * @property {string} [path] - absent when the part is missing
 * @property {readonly string[]} tests - globs of the test files that need it
 * @property {readonly string[]} packages - the Debian packages that bring it, if any do
 */

/**
 * Looks the parts up: a few file accesses, nothing is started.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Part[]}
 */
export function findParts(environment) {
  const searchPath = environment['PATH'] ?? '';
  const chromium = findProgram(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], searchPath);
  return [
    part('chromium', environment['KWS_CHROMIUM'] ?? chromium, { tests: ['tests/e2e/**'], packages: ['chromium'] }),
    part('nats-server', environment['KWS_NATS_SERVER'] ?? findProgram(['nats-server'], searchPath), {
      tests: ['tests/**/nats*.test.ts'],
      packages: ['nats-server'],
    }),
    part('mlflow', environment['KWS_MLFLOW'] ?? findPythonTool(environment, 'mlflow'), {
      tests: ['tests/**/*mlflow*.test.ts'],
      packages: [],
    }),
    part('s3-server', environment['KWS_S3_SERVER'] ?? findPythonTool(environment, 'moto_server'), {
      tests: ['tests/**/*s3*.test.ts'],
      packages: [],
    }),
    part('onnxruntime', findFolder('bench/peers/node_modules/onnxruntime-node'), { tests: ['tests/**/onnx*.test.ts'], packages: [] }),
    part('tfjs-node', findBinding(ROOT), { tests: ['tests/services/trainer/**', 'tests/**/tfjs*.test.ts'], packages: [] }),
  ];
}

/**
 * @param {string} folder - in the project
 * @returns {string | undefined}
 */
function findFolder(folder) {
  const path = join(ROOT, folder);
  return existsSync(path) ? path : undefined;
}

/**
 * @param {Part['name']} name
 * @param {string | undefined} path
 * @param {Pick<Part, 'tests' | 'packages'>} facts
 * @returns {Part}
 */
function part(name, path, facts) {
  return path === undefined ? { name, ...facts } : { name, path, ...facts };
}
