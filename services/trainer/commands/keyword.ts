/** `trainer keyword`: one's own word, from some tens of recordings. */

import { TrainerError } from '../trainer-error.ts';
import { productionEngine, type Command, type CommandContext } from './command.ts';
import { currentCommit } from './current-commit.ts';
import { conditionsOf, hearerOf, STREAMING_OPTIONS, type StreamingOptions } from './streaming-options.ts';

interface KeywordOptions extends Pick<StreamingOptions, 'snr' | 'threads'> {
  readonly name: string;
  readonly recordings: string | undefined;
  readonly synthetic: boolean;
  readonly say: string | undefined;
  readonly data: string;
  readonly from: string;
  readonly out: string | undefined;
  readonly rounds: number | undefined;
  readonly epochs: number;
  readonly examples: number;
  readonly budget: number;
  readonly seed: number;
}

/** Adds a keyword to a model, and says what it is worth. */
export function keywordCommand({ signal }: CommandContext): Command<KeywordOptions> {
  return {
    command: 'keyword <name>',
    describe: 'add a word of your own to a model from some tens of recordings, and measure it on recordings that it did not learn from',
    builder: (command) =>
      command
        .positional('name', { type: 'string', demandOption: true, describe: 'the word as events will name it, such as `hey_house`' })
        .option('recordings', {
          type: 'string',
          describe:
            'folder of WAV files that say the word once each, of a second or some seconds, at any rate; 40 and more, of several people; ' +
            '<speaker>_nohash_<n>.wav tells who speaks',
        })
        .option('synthetic', {
          type: 'boolean',
          default: false,
          describe: 'learn from espeak-ng saying the word in 80 voices, too (apt-get install espeak-ng); measured on recordings alone',
        })
        .option('say', {
          type: 'string',
          describe: 'with --synthetic: how the word is spelt for the voices',
          defaultDescription: 'its name',
        })
        .option('data', {
          type: 'string',
          demandOption: true,
          describe: 'folder that holds speech_commands/, speech/ and noise/: what the word is not; see `trainer data fetch`',
        })
        .option('from', { type: 'string', default: 'models/default', describe: 'folder of the model to add to' })
        .option('out', { type: 'string', describe: 'folder of the new model', defaultDescription: 'runs/keyword-<name>' })
        .option('rounds', {
          type: 'number',
          describe: 'how many models are made, each measured on other recordings; the first is kept (1 to 5)',
          defaultDescription: '1 with 60 recordings, 3 with fewer',
        })
        .option('epochs', { type: 'number', default: 8, describe: 'passes of each training over its examples' })
        .option('examples', { type: 'number', default: 10_000, describe: 'how many examples an epoch has, about' })
        .option('budget', { type: 'number', default: 1, describe: 'false accepts an hour that the keyword may make' })
        .option('seed', { type: 'number', default: 1, describe: 'of every random choice' })
        .option('snr', STREAMING_OPTIONS.snr)
        .option('threads', STREAMING_OPTIONS.threads)
        .example('$0 keyword hey_house --recordings my-recordings --data DATA', 'then: MODEL_SOURCE=file:runs/keyword-hey_house npm start'),
    handler: async (options) => run(options, signal),
  };
}

/** TensorFlow is loaded here, and not where only the options are needed. */
async function run(options: KeywordOptions, signal: AbortSignal): Promise<void> {
  const { name, recordings, synthetic, say, data, from, rounds, epochs, examples, seed, budget } = options;
  if (recordings === undefined && !synthetic)
    throw new TrainerError('data_not_found', 'name a folder of recordings with --recordings; --synthetic alone makes a first try');
  const out = options.out ?? `runs/keyword-${name}`;
  const [{ addKeyword }, { figuresTable, warningsOf }] = await Promise.all([
    import('../keyword/add-keyword.ts'),
    import('../keyword/added-keyword.ts'),
  ]);
  const added = await addKeyword({
    keyword: name,
    recordings,
    synthetic: synthetic ? (say ?? name.replaceAll('_', ' ')) : undefined,
    dataDirectory: data,
    modelDirectory: from,
    outDirectory: out,
    rounds,
    epochs,
    examples,
    seed,
    conditions: conditionsOf(options),
    budgetPerHour: budget,
    commit: currentCommit(),
    signal,
    engine: await productionEngine(),
    createHearer: hearerOf(options),
  });
  if (!added) return;
  const warnings = warningsOf(added).map((warning) => `warning: ${warning}\n`);
  process.stdout.write(`${figuresTable(added)}\n${warnings.join('')}written to ${out}; MODEL_SOURCE=file:${out} npm start\n`);
}
