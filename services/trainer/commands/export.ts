/** `trainer export`: a model in a format of others. */

import { EXPORT_FORMATS, exportModel, type ExportFormat } from '../export/export-model.ts';
import type { Command } from './command.ts';

interface ExportOptions {
  readonly model: string;
  readonly format: ExportFormat;
  readonly out: string;
}

/** Writes the network for TF.js or ONNX runtimes, with the manifest beside it. */
export const exportCommand: Command<ExportOptions> = {
  command: 'export',
  describe: 'write a model as a TF.js layers model or as ONNX: normalised features [batch, frames, coefficients] in, posteriors out',
  builder: (command) =>
    command
      .option('model', { type: 'string', default: 'models/default', describe: 'folder of the artefact' })
      .option('format', { choices: EXPORT_FORMATS, demandOption: true, describe: 'tfjs: model.json and weights.bin; onnx: model.onnx' })
      .option('out', { type: 'string', demandOption: true, describe: 'folder to write into' }),
  handler: async ({ model, format, out }) => {
    const files = await exportModel({ modelDirectory: model, format, directory: out });
    process.stdout.write(`${files.join('\n')}\n`);
  },
};
