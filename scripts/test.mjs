/** `npm test [-- VITEST ARGUMENTS]`: installs what is missing, runs the tests, and names what could not be tested. */
import { join } from 'node:path';
import { aptInstall, aptObstacle } from './lib/apt.mjs';
import { build } from './lib/build.mjs';
import { runCommand } from './lib/command.mjs';
import { GO_TOOLS, setUpGoTool } from './lib/go-tools.mjs';
import { installPackages } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { findParts } from './lib/parts.mjs';
import { ROOT } from './lib/paths.mjs';
import { setUpPeers } from './lib/peers.mjs';
import { setUpPythonTools } from './lib/python-tools.mjs';
import { say } from './lib/report.mjs';
import { SetupError } from './lib/setup-error.mjs';
import { setUpTfjs } from './tfjs/set-up.mjs';

await main(async () => {
  await installPackages(ROOT);
  await build(ROOT);
  const obstacles = await installParts();
  const { code } = await runCommand(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)], {
    cwd: ROOT,
  });
  const isComplete = reportMissing(obstacles);
  if (code === 0 && !isComplete && process.env['KWS_REQUIRE_ALL'] === '1') return 1;
  return code;
});

/**
 * Installs the parts beyond npm, as far as this machine lets us.
 *
 * @returns {Promise<Map<string, string>>} why a part could not be installed, by its name
 */
async function installParts() {
  /** @type {Map<string, string>} */
  const obstacles = new Map();
  const missing = findParts(process.env).filter((part) => part.path === undefined && part.packages.length > 0);
  const obstacle = aptObstacle();
  if (missing.length > 0 && obstacle === undefined) await aptInstall(missing.flatMap((part) => part.packages));
  for (const part of missing) obstacles.set(part.name, obstacle ?? 'apt could not install it');
  await noteObstacle(obstacles, ['tfjs-node'], () => setUpTfjs(ROOT, process.env));
  await noteObstacle(obstacles, ['mlflow', 's3-server'], () => setUpPythonTools(process.env, 'servers'));
  await noteObstacle(obstacles, ['kubernetes-validate', 'zizmor'], () => setUpPythonTools(process.env, 'checkers'));
  await noteObstacle(obstacles, ['websockets'], () => setUpPythonTools(process.env, 'clients'));
  for (const name of GO_TOOLS) await noteObstacle(obstacles, [name], () => setUpGoTool(process.env, name));
  await noteObstacle(obstacles, ['onnxruntime'], () => setUpPeers(ROOT));
  return obstacles;
}

/**
 * Sets some parts up; a failure is noted for each.
 *
 * @param {Map<string, string>} obstacles
 * @param {readonly string[]} names
 * @param {() => Promise<void>} setUp
 */
async function noteObstacle(obstacles, names, setUp) {
  try {
    await setUp();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    for (const name of names) obstacles.set(name, error.message);
  }
}

/**
 * Says which tests did not run.
 *
 * @param {ReadonlyMap<string, string>} obstacles
 * @returns {boolean} whether every part was there that could be
 */
function reportMissing(obstacles) {
  const missing = findParts(process.env).filter((part) => part.path === undefined);
  for (const part of missing) {
    say(`not tested: ${part.tests.join(', ')}, because ${part.name} is missing: ${obstacles.get(part.name) ?? 'it is not installed'}`);
  }
  return missing.every((part) => part.isOptional === true);
}
