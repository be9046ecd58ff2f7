/** Programs written in Go that tests run, compiled at a pinned version into the cache outside the checkout. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram, runCommand } from './command.mjs';
import { cacheFolder } from './paths.mjs';
import { step } from './report.mjs';
import { SetupError } from './setup-error.mjs';

/** Where each comes from. */
const TOOLS = /** @type {const} */ ({
  actionlint: ['github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.12'],
  k6: ['go.k6.io/k6', 'v1.8.1'], // as @types/k6 knows it
  'kube-score': ['github.com/zegl/kube-score/cmd/kube-score', 'v1.20.0'],
  kustomize: ['sigs.k8s.io/kustomize/kustomize/v5', 'v5.8.0'],
});
/** The largest, k6, takes two minutes on two cores. */
const COMPILE_LIMIT_MS = 10 * 60_000;

/** @typedef {keyof typeof TOOLS} GoTool */

/** All of them. */
export const GO_TOOLS = /** @type {readonly GoTool[]} */ (Object.keys(TOOLS));

/**
 * A program, when it has been compiled.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {GoTool} name
 * @returns {string | undefined}
 */
export function findGoTool(environment, name) {
  const path = toolPath(environment, name);
  return existsSync(path) ? path : undefined;
}

/**
 * Whether there is a compiler. Without one these programs are left out: Debian's own is too old for them.
 *
 * @param {NodeJS.ProcessEnv} environment
 */
export function hasGo(environment) {
  return findProgram(['go'], environment['PATH'] ?? '') !== undefined;
}

/**
 * Compiles a program, unless it is there.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {GoTool} name
 * @returns {Promise<void>}
 * @throws {SetupError} `go_tools_unavailable`
 */
export async function setUpGoTool(environment, name) {
  if (findGoTool(environment, name) !== undefined) return;
  if (!hasGo(environment)) throw new SetupError('go_tools_unavailable', 'it is compiled with Go, which is not installed');
  await step(`compiling ${name} with Go (once)`, () => compile(environment, name));
}

/**
 * Compiled beside its place and then moved there, so that what is in its place is whole.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {GoTool} name
 */
async function compile(environment, name) {
  const [module, version] = TOOLS[name];
  const place = toolPath(environment, name);
  const folder = dirname(place);
  mkdirSync(folder, { recursive: true });
  const staging = join(folder, `.${process.pid}`);
  const env = { ...environment, GOBIN: staging };
  const { code, output } = await runCommand('go', ['install', `${module}@${version}`], {
    cwd: folder,
    env,
    quiet: true,
    limitMs: COMPILE_LIMIT_MS,
  });
  if (code === 0) renameSync(join(staging, name), place);
  rmSync(staging, { recursive: true, force: true });
  if (code === 0) return;
  throw new SetupError('go_tools_unavailable', `go install ${module}@${version} failed: ${output.split('\n').slice(-3).join(' ')}`);
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @param {GoTool} name
 */
function toolPath(environment, name) {
  return join(cacheFolder(environment), 'go-tools', `${name}-${TOOLS[name][1]}`, name);
}
