/** What tests need beyond npm packages, where it is, and which tests cannot run without it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { findProgram } from './command.mjs';
import { findBinding } from '../tfjs/binding.mjs';
import { findGoTool, hasGo } from './go-tools.mjs';
import { ROOT } from './paths.mjs';
import { findPythonTool } from './python-tools.mjs';

/**
 * @typedef {'chromium' | 'nats-server' | 'haproxy' | 'promtool' | 'espeak-ng' | 'tfjs-node' | 'mlflow' | 's3-server' | 'onnxruntime'
 *   | import('./go-tools.mjs').GoTool | 'kubernetes-validate' | 'zizmor' | 'websockets'} PartName
 */

/**
 * @typedef {object} Part
 * @property {PartName} name
 * @property {string} [path] - absent when the part is missing
 * @property {true} [isOptional] - may be missing even where every part is required, as nothing here can bring it
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
    part('haproxy', findProgram(['haproxy'], `${searchPath}:/usr/sbin`), { tests: ['tests/**/haproxy*.test.ts'], packages: ['haproxy'] }),
    part('promtool', findProgram(['promtool'], searchPath), { tests: ['tests/deploy/promtool*.test.ts'], packages: ['prometheus'] }),
    part('espeak-ng', findProgram(['espeak-ng'], searchPath), { tests: ['tests/**/espeak*.test.ts'], packages: ['espeak-ng'] }),
    part('mlflow', environment['KWS_MLFLOW'] ?? findPythonTool(environment, 'mlflow'), {
      tests: ['tests/**/*mlflow*.test.ts'],
      packages: [],
    }),
    part('s3-server', environment['KWS_S3_SERVER'] ?? findPythonTool(environment, 'moto_server'), {
      tests: ['tests/**/*s3*.test.ts'],
      packages: [],
    }),
    part('onnxruntime', findFolder('bench/peers/node_modules/onnxruntime-node'), { tests: ['tests/**/onnx*.test.ts'], packages: [] }),
    goPart(environment, 'kustomize', ['tests/deploy/kustomize*.test.ts', 'tests/deploy/kube-*.test.ts']),
    goPart(environment, 'kube-score', ['tests/deploy/kube-score*.test.ts']),
    goPart(environment, 'k6', ['tests/integration/k6*.test.ts']),
    goPart(environment, 'actionlint', ['tests/deploy/actionlint*.test.ts']),
    part('kubernetes-validate', findPythonTool(environment, 'kubernetes-validate'), {
      tests: ['tests/deploy/kube-schemas*.test.ts'],
      packages: [],
    }),
    part('zizmor', findPythonTool(environment, 'zizmor'), { tests: ['tests/deploy/zizmor*.test.ts'], packages: [] }),
    part('websockets', findPythonTool(environment, 'websockets'), { tests: ['tests/**/python-client*.test.ts'], packages: [] }),
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
 * @param {NodeJS.ProcessEnv} environment
 * @param {import('./go-tools.mjs').GoTool} name
 * @param {readonly string[]} tests
 * @returns {Part}
 */
function goPart(environment, name, tests) {
  const facts = { tests, packages: [] };
  return part(name, findGoTool(environment, name), hasGo(environment) ? facts : { ...facts, isOptional: true });
}

/**
 * @param {PartName} name
 * @param {string | undefined} path
 * @param {Pick<Part, 'tests' | 'packages' | 'isOptional'>} facts
 * @returns {Part}
 */
function part(name, path, facts) {
  return path === undefined ? { name, ...facts } : { name, path, ...facts };
}
