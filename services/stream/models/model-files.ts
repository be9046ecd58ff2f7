/** The two files of a model in a directory, never read beyond what a model may have. */

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { MANIFEST_FILE, MAX_MANIFEST_BYTES, MAX_WEIGHTS_BYTES, WEIGHTS_FILE, type ArtefactFiles } from '#shared/model/artefact.ts';
import { ModelError } from '#shared/model/model-error.ts';

/** @throws {ModelError} `model_not_found`, `invalid_manifest` */
export async function readModelFiles(directory: string): Promise<ArtefactFiles> {
  const manifest = await read(directory, MANIFEST_FILE, MAX_MANIFEST_BYTES);
  const weightsBytes = await read(directory, WEIGHTS_FILE, MAX_WEIGHTS_BYTES);
  return { manifestJson: manifest.toString('utf8'), weightsBytes };
}

/** Changes whenever one of the files is replaced or written to; undefined while one is missing. */
export async function stampOf(directory: string): Promise<string | undefined> {
  try {
    const stats = await Promise.all([MANIFEST_FILE, WEIGHTS_FILE].map((file) => stat(join(directory, file), { bigint: true })));
    return stats.map(({ ino, size, mtimeNs, ctimeNs }) => `${ino} ${size} ${mtimeNs} ${ctimeNs}`).join(', ');
  } catch {
    return undefined; // whoever reads the files next says what is wrong
  }
}

async function read(directory: string, file: string, maxBytes: number): Promise<Buffer> {
  const path = join(directory, file);
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new ModelError('invalid_manifest', `${path} has ${size} bytes, more than the limit of ${maxBytes}`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError('model_not_found', `no model in ${directory}: ${file} cannot be read`, { cause: error });
  }
}
