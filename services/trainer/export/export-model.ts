/** Writes an artefact in a format of others. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { MANIFEST_FILE } from '#shared/model/artefact.ts';

import { loadArtefact, writeWhole } from '../artefact-files.ts';
import { layersModel, LAYERS_MODEL_FILE, LAYERS_WEIGHTS_FILE } from './layers-model.ts';
import { onnxModel } from './onnx-model.ts';

export const EXPORT_FORMATS = ['tfjs', 'onnx'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const ONNX_FILE = 'model.onnx';

/**
 * Writes the network, and the manifest that tells how its input is made: the network takes normalised features
 * `[batch, frames, coefficients]` and gives posteriors in label order.
 *
 * @returns the files
 * @throws {TrainerError} `data_not_found` @throws {ModelError}
 */
export async function exportModel({
  modelDirectory,
  format,
  directory,
}: {
  modelDirectory: string;
  format: ExportFormat;
  directory: string;
}): Promise<string[]> {
  const artefact = await loadArtefact(modelDirectory);
  const network = format === 'onnx' ? [[ONNX_FILE, onnxModel(artefact)] as const] : layersFiles(layersModel(artefact));
  const files = [...network, [MANIFEST_FILE, `${JSON.stringify(artefact.manifest, undefined, 2)}\n`] as const];
  await mkdir(directory, { recursive: true });
  for (const [name, content] of files) await writeWhole(join(directory, name), content);
  return files.map(([name]) => join(directory, name));
}

function layersFiles({ modelJson, weightsBytes }: ReturnType<typeof layersModel>) {
  return [[LAYERS_MODEL_FILE, modelJson] as const, [LAYERS_WEIGHTS_FILE, weightsBytes] as const];
}
