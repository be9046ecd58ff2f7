/** `trainer evaluate`: how good a model is. */

import { evaluate, formatEvaluation, recordEvaluation } from '../evaluation/evaluate.ts';
import { productionEngine, type Command } from './command.ts';

const SPLITS = ['training', 'validation', 'test'] as const;

interface EvaluateOptions {
  readonly data: string;
  readonly model: string;
  readonly split: (typeof SPLITS)[number];
}

/** Classifies the clips of a split, and writes the figures into the manifest. */
export const evaluateCommand: Command<EvaluateOptions> = {
  command: 'evaluate',
  describe: 'classify the clips of a split with the production kernel, and write the figures into the manifest',
  builder: (command) =>
    command
      .option('data', {
        type: 'string',
        demandOption: true,
        describe: 'folder that holds speech_commands/, and test_v2_12/ where it is there',
      })
      .option('model', { type: 'string', default: 'models/default', describe: 'folder of the artefact' })
      .option('split', { choices: SPLITS, default: 'validation' as const, describe: 'the test split is for the final figure only' }),
  handler: async ({ data, model, split }) => {
    const evaluation = await evaluate({ modelDirectory: model, dataDirectory: data, split, engine: await productionEngine() });
    await recordEvaluation(model, evaluation);
    process.stdout.write(formatEvaluation(evaluation));
  },
};
