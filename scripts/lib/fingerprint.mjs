/** Content hashes that tell whether a step has to be done again. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * Hashes files and whole folders: their names and contents, in a fixed order.
 *
 * @param {string} root - names are taken relative to it
 * @param {readonly string[]} inputs - paths below `root`; one that does not exist counts as absent
 * @returns {string} SHA-256 in hex
 */
export function fingerprint(root, inputs) {
  const hash = createHash('sha256');
  for (const path of inputs.flatMap((input) => filesBelow(join(root, input)))) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * @param {string} path - a file or a folder
 * @returns {string[]} the files, sorted
 */
function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/**
 * Hashes a file of any size.
 *
 * @param {string} path
 * @returns {Promise<string>} SHA-256 in hex
 */
export async function sha256OfFile(path) {
  const hash = createHash('sha256');
  /** @type {AsyncIterable<Buffer>} */
  const chunks = createReadStream(path);
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
