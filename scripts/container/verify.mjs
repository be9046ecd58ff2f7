/**
 * `node scripts/container/verify.mjs [--base IMAGE] [--target stream|trainer]`: builds the images for real with buildah, looks into their
 * layers, and runs them on a read-only root as a user without rights. Without `--base` they are built on a stand-in for the Node image that
 * is made here. On Linux, as root.
 */
import { parseArgs } from 'node:util';
import { findProgram } from '../lib/command.mjs';
import { main } from '../lib/main.mjs';
import { say, step } from '../lib/report.mjs';
import { SetupError } from '../lib/setup-error.mjs';
import { buildImage } from './image.mjs';
import { LOCAL_BASE, makeLocalBase } from './local-base.mjs';
import { verifyStream } from './verify-stream.mjs';
import { verifyTrainer } from './verify-trainer.mjs';

const VERIFY = /** @type {const} */ ({ stream: verifyStream, trainer: verifyTrainer });

await main(async () => {
  const { values } = parseArgs({ options: { base: { type: 'string' }, target: { type: 'string' } } });
  const obstacle = findObstacle(process.env['PATH'] ?? '');
  if (obstacle !== undefined) throw new SetupError('container_failed', obstacle);
  if (values.base === undefined) await makeLocalBase();
  const base = values.base ?? LOCAL_BASE;
  for (const target of /** @type {const} */ (['stream', 'trainer'])) {
    if (values.target !== undefined && values.target !== target) continue;
    const image = await step(`building the ${target} image`, () => buildImage(target, base));
    await VERIFY[target](image, base);
    say(`the ${target} image holds`);
  }
  return 0;
});

/** @param {string} searchPath */
function findObstacle(searchPath) {
  if (process.getuid?.() !== 0) return 'only root may mount an image and take rights away: run it with sudo';
  const missing = ['buildah', 'unshare', 'setpriv'].filter((name) => findProgram([name], searchPath) === undefined);
  return missing.length > 0 ? `${missing.join(', ')} is missing: apt-get install buildah debootstrap util-linux` : undefined;
}
