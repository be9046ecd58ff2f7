/** A model in a directory: `manifest.json` and `weights.bin`. */

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { MANIFEST_FILE, MAX_MANIFEST_BYTES, MAX_WEIGHTS_BYTES, readArtefact, WEIGHTS_FILE, type Artefact } from '#shared/model/artefact.ts';
import { ModelError } from '#shared/model/model-error.ts';

import type { ModelSource } from './model-source.ts';

/** Reads the model that lies in a directory. */
export class FileSource implements ModelSource {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async current(): Promise<Artefact> {
    const manifest = await this.#read(MANIFEST_FILE, MAX_MANIFEST_BYTES);
    const weightsBytes = await this.#read(WEIGHTS_FILE, MAX_WEIGHTS_BYTES);
    return readArtefact({ manifestJson: manifest.toString('utf8'), weightsBytes });
  }

  async #read(file: string, maxBytes: number): Promise<Buffer> {
    const path = join(this.#directory, file);
    try {
      const { size } = await stat(path);
      if (size > maxBytes) throw new ModelError('invalid_manifest', `${path} has ${size} bytes, more than the limit of ${maxBytes}`);
      return await readFile(path);
    } catch (error) {
      if (error instanceof ModelError) throw error;
      throw new ModelError('model_not_found', `no model in ${this.#directory}: ${file} cannot be read`, { cause: error });
    }
  }
}
