/** Artefacts on disk, as the trainer reads and amends them. */

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MANIFEST_FILE, readArtefact, WEIGHTS_FILE, type Artefact, type ArtefactFiles } from '#shared/model/artefact.ts';
import { parseManifest, type Manifest } from '#shared/model/manifest.ts';

import { TrainerError } from './trainer-error.ts';

/** Reads an artefact from its folder. @throws {TrainerError} `data_not_found` @throws {ModelError} */
export async function loadArtefact(directory: string): Promise<Artefact> {
  const read = (file: string): Promise<Buffer> =>
    readFile(join(directory, file)).catch((cause: unknown) => {
      throw new TrainerError('data_not_found', `no model in ${directory}: ${file} cannot be read`, { cause });
    });
  const [manifest, weights] = await Promise.all([read(MANIFEST_FILE), read(WEIGHTS_FILE)]);
  return readArtefact({ manifestJson: manifest.toString('utf8'), weightsBytes: weights });
}

/** Amends the manifest of an artefact; the file is whole at every moment. @throws {ModelError} if what comes out is no manifest */
export async function rewriteManifest(directory: string, amend: (manifest: Manifest) => Manifest): Promise<void> {
  const { manifest } = await loadArtefact(directory);
  const amended = parseManifest(amend(manifest));
  await writeWhole(join(directory, MANIFEST_FILE), `${JSON.stringify(amended, undefined, 2)}\n`);
}

/** Copies an artefact, weights first: where there is a manifest, there is a model. */
export async function copyArtefact(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const file of [WEIGHTS_FILE, MANIFEST_FILE]) await writeWhole(join(to, file), await readFile(join(from, file)));
}

/** Writes an artefact: on a disk that is full, the one that was there before stays whole. */
export function writeArtefactFiles(directory: string, { manifestJson, weightsBytes }: ArtefactFiles): Promise<void> {
  return writeTogether([
    { path: join(directory, WEIGHTS_FILE), content: weightsBytes },
    { path: join(directory, MANIFEST_FILE), content: manifestJson },
  ]);
}

/** Writes a file so that a reader sees the old content or the new, never a part. */
export function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  return writeTogether([{ path, content }]);
}

interface WholeFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Writes all drafts before it replaces any file: if one cannot be written, all files stay as they were, and no draft is left. */
async function writeTogether(files: readonly WholeFile[]): Promise<void> {
  try {
    for (const { path, content } of files) await writeFile(draftOf(path), content);
  } catch (error) {
    for (const { path } of files) await rm(draftOf(path), { force: true }).catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
  for (const { path } of files) await rename(draftOf(path), path);
}

function draftOf(path: string): string {
  return `${path}.tmp`;
}
