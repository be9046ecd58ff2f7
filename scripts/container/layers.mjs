/** Looks into the layers that an image lays over its base: how large they are, and that nothing secret is in them. */
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildah, mustRun } from './buildah.mjs';
import { PLANTED_SECRET } from './image.mjs';

/** Files that hold secrets, by their names. */
const SECRET_NAME = /(?:^|\/)(?:\.env(?:\..*)?|\.npmrc|\.netrc|\.git|\.ssh|id_(?:rsa|ed25519|ecdsa)|[^/]*\.(?:creds|key|p12|pfx))$/;
/** Certificates of a package's tests are no secrets of ours. */
const NAMES_OF_OTHERS = /(?:^|\/)node_modules\//;
/** Secrets by their form: keys with their body, tokens of npm, GitHub and AWS, passwords in addresses of NATS; and what was planted. */
const SECRET_TEXT = new RegExp(
  [
    PLANTED_SECRET,
    String.raw`-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]{200}`,
    String.raw`\bnpm_[A-Za-z0-9]{36}\b`,
    String.raw`:_authToken=\S{20}`,
    String.raw`\bgh[pousr]_[A-Za-z0-9]{36}\b`,
    String.raw`\bAKIA(?!IOSFODNN7EXAMPLE)[0-9A-Z]{16}\b`,
    String.raw`nats://\w+:(?!\$|password|secret)\w{12,}@`,
  ].join('|'),
);
/** Longer than any match, so that none is lost where two chunks meet. */
const OVERLAP_CHARACTERS = 1024;
const CHUNK_BYTES = 16 * 1024 * 1024;

/**
 * @typedef {object} Layers
 * @property {number} bytes - of all over the base, unpacked
 * @property {readonly string[]} secrets - what was found
 */

/**
 * @param {string} image
 * @param {string} base
 * @returns {Promise<Layers>}
 */
export async function readLayers(image, base) {
  const folder = mkdtempSync(join(tmpdir(), 'kws-layers-'));
  try {
    await buildah('push', '--quiet', '--disable-compression', image, `dir:${folder}`);
    /** @type {{ layers: { digest: string }[] }} */
    const { layers } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const ours = layers.slice(await layersOf(base)).map(({ digest }) => join(folder, digest.replace('sha256:', '')));
    const bytes = ours.reduce((sum, layer) => sum + statSync(layer).size, 0);
    const secrets = await Promise.all(ours.flatMap((layer) => [secretNames(layer), secretTexts(layer)]));
    return { bytes, secrets: secrets.flat() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} image */
async function layersOf(image) {
  /** @type {{ OCIv1: { rootfs: { diff_ids: string[] } } }} */
  const { OCIv1 } = JSON.parse(await buildah('inspect', '--type=image', image));
  return OCIv1.rootfs.diff_ids.length;
}

/** @param {string} layer */
async function secretNames(layer) {
  const names = (await mustRun('tar', ['--list', '--file', layer])).split('\n');
  return names.map((name) => name.replace(/\/$/, '')).filter((name) => SECRET_NAME.test(name) && !NAMES_OF_OTHERS.test(name));
}

/** @param {string} layer */
async function secretTexts(layer) {
  /** @type {string[]} */
  const found = [];
  let tail = '';
  for await (const chunk of createReadStream(layer, { highWaterMark: CHUNK_BYTES, encoding: 'latin1' })) {
    const text = tail + String(chunk);
    const secret = SECRET_TEXT.exec(text)?.[0];
    if (secret !== undefined) found.push(`${secret.slice(0, 12)}… (${secret.length} characters)`);
    tail = text.slice(-OVERLAP_CHARACTERS);
  }
  return found;
}
