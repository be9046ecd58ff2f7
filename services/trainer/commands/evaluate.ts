/** `trainer evaluate`: how good a model is. */

import type { Split } from '../corpus/speaker-split.ts';
import { evaluate, evaluateStreaming } from '../evaluation/evaluate.ts';
import { markdownReport } from '../evaluation/report/markdown.ts';
import { recordEvaluation } from '../evaluation/report/record.ts';
import { keepModel, tracked } from '../tracking/tracked-work.ts';
import { productionEngine, type Command, type CommandContext } from './command.ts';
import { trackingOf } from './tracking-of.ts';
import { conditionsOf, hearerOf, STREAMING_OPTIONS, type StreamingOptions } from './streaming-options.ts';

const SPLITS: readonly Split[] = ['training', 'validation', 'test'];

interface EvaluateOptions extends StreamingOptions {
  readonly data: string;
  readonly model: string;
  readonly split: Split;
  readonly streaming: boolean;
  readonly seed: number;
  readonly track: boolean;
}

/** Judges a model, writes the figures into the manifest and the reports beside it. */
export function evaluateCommand(context: CommandContext): Command<EvaluateOptions> {
  return {
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
        .option('track', { type: 'boolean', default: false, describe: 'keep figures, report and plots as a run, where runs are kept' })
        .options(STREAMING_OPTIONS),
    handler: async (options) => {
      if (!options.track) return judge(options);
      const settings = await trackingOf(context.environment);
      await tracked({ ...context, settings, name: `evaluate ${options.model} ${options.split}` }, async (run) => {
        await judge(options);
        await keepModel(run, options.model, 0);
      });
    },
  };
}

async function judge({ data, model, split, streaming, seed, ...options }: EvaluateOptions): Promise<void> {
  const [modelDirectory, dataDirectory] = [model, data];
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
            conditions: conditionsOf(options),
            clipsPerKeyword: options.clips,
            clipsPerOtherWord: options['other-words'],
            seed,
            createHearer: hearerOf(options),
          }),
        }
      : clips;
  await recordEvaluation(model, evaluation);
  process.stdout.write(markdownReport(evaluation));
}
