/** `trainer evaluate`: how good a model is. */

import type { Split } from '../corpus/speaker-split.ts';
import { evaluate, evaluateStreaming } from '../evaluation/evaluate.ts';
import { markdownReport } from '../evaluation/report/markdown.ts';
import { recordEvaluation } from '../evaluation/report/record.ts';
import { productionEngine, type Command } from './command.ts';
import { conditionsOf, hearerOf, STREAMING_OPTIONS, type StreamingOptions } from './streaming-options.ts';

const SPLITS: readonly Split[] = ['training', 'validation', 'test'];

interface EvaluateOptions extends StreamingOptions {
  readonly data: string;
  readonly model: string;
  readonly split: Split;
  readonly streaming: boolean;
  readonly seed: number;
}

/** Judges a model, writes the figures into the manifest and the reports beside it. */
export const evaluateCommand: Command<EvaluateOptions> = {
  command: 'evaluate',
  describe:
    'classify the clips of a split and hear its words in continuous speech and noise, with the production kernel and detector; ' +
    'writes evaluation.json, .md and .html beside the model, and the main figures into its manifest',
  builder: (command) =>
    command
      .option('data', {
        type: 'string',
        demandOption: true,
        describe: 'folder that holds speech_commands/, speech/ and noise/, and test_v2_12/ where it is there',
      })
      .option('model', { type: 'string', default: 'models/default', describe: 'folder of the artefact' })
      .option('split', { choices: SPLITS, default: 'validation' as const, describe: 'the test split is for the final figure only' })
      .option('streaming', { type: 'boolean', default: true, describe: 'hear words in streams too; --no-streaming: clips alone' })
      .option('seed', { type: 'number', default: 1, describe: 'which clips, which speech and noise around them' })
      .options(STREAMING_OPTIONS),
  handler: async ({ data, model, split, streaming, seed, ...options }) => {
    const [modelDirectory, dataDirectory] = [model, data];
    const conditions = conditionsOf(options);
    const clips = await evaluate({ modelDirectory, dataDirectory, split, engine: await productionEngine() });
    const evaluation =
      streaming && split !== 'training'
        ? {
            ...clips,
            streaming: await evaluateStreaming({
              modelDirectory,
              dataDirectory,
              split,
              transcripts: options.transcripts,
              conditions,
              clipsPerKeyword: options.clips,
              clipsPerOtherWord: options['other-words'],
              seed,
              createHearer: hearerOf(options),
            }),
          }
        : clips;
    await recordEvaluation(model, evaluation);
    process.stdout.write(markdownReport(evaluation));
  },
};
