/** The three parts of a build: what each is made of, what it gives, and how it is made. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * @typedef {object} BuildPart
 * @property {string} name
 * @property {readonly string[]} inputs - files and folders whose content decides whether it is made again
 * @property {readonly string[]} needed - inputs without which it cannot be made
 * @property {string} output - exists once it has been made
 * @property {(root: string) => Promise<void>} make
 */

/** What changes how every part is made. */
const TOOLS = ['package-lock.json', 'tsconfig.json', 'scripts/lib/build-parts.mjs'];

/** @type {readonly BuildPart[]} */
export const BUILD_PARTS = [
  {
    name: 'kernel',
    inputs: [...TOOLS, 'shared/kernel/assembly', 'shared/kernel/asconfig.json'],
    needed: ['shared/kernel/assembly', 'shared/kernel/asconfig.json'],
    output: 'dist/kernel/kernel.wasm',
    make: async (root) => {
      for (const target of ['relaxed', 'simd']) await tool(root, 'asc', ['--config', 'shared/kernel/asconfig.json', '--target', target]);
    },
  },
  {
    name: 'stream service',
    inputs: [...TOOLS, 'package.json', 'shared', 'services/stream'],
    needed: ['services/stream/main.ts'],
    output: 'dist/stream/main.js',
    make: bundleStreamService,
  },
  {
    name: 'web page',
    inputs: [...TOOLS, 'package.json', 'vite.config.ts', 'vite.embed.config.ts', 'shared', 'web', 'models/default', 'models/wake'],
    needed: ['vite.config.ts', 'web/index.html'],
    output: 'dist/web/index.html',
    make: async (root) => {
      await tool(root, 'vite', ['build', '--logLevel', 'warn']);
      await tool(root, 'vite', ['build', '--config', 'vite.embed.config.ts', '--logLevel', 'warn']);
    },
  },
];

/** Bundled CommonJS packages call `require`, which a module does not have. */
const REQUIRE_FOR_COMMONJS =
  "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);";

/**
 * Bundles the service and its packages into plain JavaScript that needs no `node_modules`: it starts sooner, and a container holds
 * nothing else. What is imported on demand stays a file of its own. TensorFlow, a native library, stays outside.
 *
 * @param {string} root
 */
async function bundleStreamService(root) {
  const esbuild = await import('esbuild');
  rmSync(join(root, 'dist/stream'), { recursive: true, force: true });
  try {
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: ['services/stream/main.ts'],
      outdir: 'dist/stream',
      bundle: true,
      splitting: true,
      external: ['@tensorflow/tfjs-node'],
      banner: { js: REQUIRE_FOR_COMMONJS },
      legalComments: 'linked',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      logLevel: 'warning',
    });
  } catch (error) {
    throw failed('esbuild', error);
  }
}

/**
 * @param {string} root
 * @param {string} program - of `node_modules/.bin`
 * @param {readonly string[]} args
 */
async function tool(root, program, args) {
  const { code } = await runCommand(join(root, 'node_modules/.bin', program), args, { cwd: root });
  if (code !== 0) throw failed(program);
}

/**
 * @param {string} program
 * @param {unknown} [cause]
 */
function failed(program, cause) {
  return new SetupError('build_failed', `The build stopped: ${program} failed (its messages are above).`, { cause });
}
