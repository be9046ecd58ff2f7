/** Builds an image of the Dockerfile from a copy of the tree in which secrets have been planted, and reads what it says of itself. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT } from '../lib/paths.mjs';
import { buildah } from './buildah.mjs';

/** Large, made here, and of no use to a build. */
const LEFT_BEHIND = /^(?:node_modules|dist|runs|mlruns|\.git|\.cache|bench\/peers)$/;
/** Files as people leave them lying about; none may get into an image. */
const PLANTED = ['.env', 'services/stream/.env.production', 'models/default/publisher.pem', 'config/nats.creds', 'shared/tls.key'];

/** In each planted file. */
export const PLANTED_SECRET = 'this-line-was-planted-and-must-not-ship';

/**
 * @typedef {object} ImageConfig
 * @property {string} User
 * @property {readonly string[]} Env
 * @property {readonly string[]} Cmd
 * @property {readonly string[]} [Entrypoint]
 * @property {string} WorkingDir
 * @property {Record<string, string>} Labels
 * @property {string} [StopSignal]
 * @property {{ Test: readonly string[] }} [Healthcheck]
 */

/**
 * @param {'stream' | 'trainer'} target
 * @param {string} base - the Node image
 * @returns {Promise<string>} its name
 */
export async function buildImage(target, base) {
  const image = `localhost/kws-${target}:verify`;
  const context = mkdtempSync(join(tmpdir(), 'kws-context-'));
  try {
    cpSync(ROOT, context, { recursive: true, preserveTimestamps: true, filter: (path) => !LEFT_BEHIND.test(relative(ROOT, path)) });
    for (const file of PLANTED) writeFileSync(join(context, file), PLANTED_SECRET);
    const what = [`--target=${target}`, `--build-arg=NODE_IMAGE=${base}`, `--tag=${image}`, context];
    await buildah('build', '--format=docker', '--isolation=chroot', '--layers', ...what);
    return image;
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/**
 * @param {string} image
 * @returns {Promise<ImageConfig>}
 */
export async function imageConfig(image) {
  /** @type {{ Docker: { config: ImageConfig } }} */
  const { Docker } = JSON.parse(await buildah('inspect', '--type=image', image));
  return Docker.config;
}
