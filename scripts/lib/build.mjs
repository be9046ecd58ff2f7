/** Makes the parts of the build whose inputs have changed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BUILD_PARTS } from './build-parts.mjs';
import { fingerprint } from './fingerprint.mjs';
import { step } from './report.mjs';
import { SetupError } from './setup-error.mjs';

/** @typedef {import('./build-parts.mjs').BuildPart} BuildPart */

/**
 * @param {string} root - the project's folder
 * @param {readonly BuildPart[]} [parts]
 * @returns {Promise<void>}
 * @throws {SetupError} `build_input_missing`, `build_failed`
 */
export async function build(root, parts = BUILD_PARTS) {
  for (const part of parts) await buildPart(root, part);
}

/**
 * @param {string} root
 * @param {BuildPart} part
 */
async function buildPart(root, part) {
  const missing = part.needed.filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0)
    throw new SetupError('build_input_missing', `Cannot build the ${part.name}: ${missing.join(' and ')} is missing.`);
  const stampFile = join(root, 'node_modules/.cache/kws-service', `build-${part.name.replaceAll(' ', '-')}`);
  const stamp = fingerprint(root, part.inputs);
  if (existsSync(join(root, part.output)) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  await step(`building the ${part.name}`, () => part.make(root));
  if (!existsSync(join(root, part.output))) throw new SetupError('build_failed', `Building the ${part.name} made no ${part.output}.`);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}
