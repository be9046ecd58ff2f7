/** What the trainer's image must hold: it runs as a user without rights, TensorFlow computes, and nothing secret or of development is in it. */
import { say } from '../lib/report.mjs';
import { mustHold } from './buildah.mjs';
import { readLayers } from './layers.mjs';
import { unpackImage } from './sealed.mjs';

/** Of nobody in the image, as on clusters. */
const ANY_USER = '10001';
/** Multiplies two matrices in TensorFlow's library. */
const PROOF = `
const tf = await import('@tensorflow/tfjs-node');
const matrix = tf.tensor2d([1, 2, 3, 4], [2, 2]);
process.stdout.write(tf.getBackend() + ' ' + (await tf.matMul(matrix, matrix).data()).join());
`;

/**
 * @param {string} image
 * @param {string} base
 */
export async function verifyTrainer(image, base) {
  const { bytes, secrets } = await readLayers(image, base);
  say(`${(bytes / 1024 / 1024).toFixed(1)} MB over the base; looked for secrets in its layers: ${secrets.length} found`);
  mustHold(secrets.length === 0, `there are secrets in the layers: ${secrets.join(', ')}`);
  const sealed = await unpackImage(image);
  try {
    mustHold(!['', 'root', '0'].includes(sealed.config.User), `the image runs as ${sealed.config.User || 'root'}`);
    const help = await outputOf(sealed.start({ user: ANY_USER }));
    mustHold(help.includes('train') && help.includes('cycle'), `--help did not name the commands: ${help}`);
    const proof = await outputOf(sealed.start({ command: ['node', '--input-type=module', '-e', PROOF], user: ANY_USER }));
    mustHold(proof.includes('tensorflow 7,10,15,22'), `TensorFlow does not compute: ${proof}`);
    say(`as user ${ANY_USER} on a read-only root it prints its commands, and TensorFlow multiplies`);
  } finally {
    await sealed.remove();
  }
}

/** @param {import('./sealed.mjs').SealedProcess} run */
async function outputOf(run) {
  const code = await run.ended;
  mustHold(code === 0, `it ended with ${code}: ${run.output()}`);
  return run.output();
}
