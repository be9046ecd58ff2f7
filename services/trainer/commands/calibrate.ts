/** `trainer calibrate`: when each keyword counts as heard. */

import { calibrate, formatPlan, recordPlan } from '../evaluation/calibrate.ts';
import type { Command } from './command.ts';
import { conditionsOf, hearerOf, STREAMING_OPTIONS, type StreamingOptions } from './streaming-options.ts';

interface CalibrateOptions extends StreamingOptions {
  readonly data: string;
  readonly model: string;
  readonly budget: number;
  readonly latency: number;
  readonly 'latency-p95': number;
}

/** Chooses the operating points, and writes them into the manifest. */
export const calibrateCommand: Command<CalibrateOptions> = {
  command: 'calibrate',
  describe:
    'choose smoothing, threshold, patience and refractory period on validation clips and held-back speech, and write them into the manifest',
  builder: (command) =>
    command
      .option('data', { type: 'string', demandOption: true, describe: 'folder that holds speech_commands/, speech/ and noise/' })
      .option('model', { type: 'string', default: 'models/default', describe: 'folder of the artefact' })
      .option('budget', { type: 'number', default: 1, describe: 'false accepts an hour that each keyword may make' })
      .option('latency', { type: 'number', default: 150, describe: 'ms from the end of a word to its event, at the median' })
      .option('latency-p95', { type: 'number', default: 350, describe: 'ms from the end of a word to its event, for 95 % of the words' })
      .options(STREAMING_OPTIONS),
  handler: async ({ data, model, budget, latency, 'latency-p95': latencyP95, ...streaming }) => {
    const plan = await calibrate({
      modelDirectory: model,
      dataDirectory: data,
      transcripts: streaming.transcripts,
      conditions: conditionsOf(streaming),
      clipsPerKeyword: streaming.clips,
      clipsPerOtherWord: streaming['other-words'],
      requirements: { falseAcceptsPerHour: budget, latencyMedianMs: latency, latencyP95Ms: latencyP95 },
      createHearer: hearerOf(streaming),
    });
    await recordPlan(model, plan);
    process.stdout.write(formatPlan(plan));
  },
};
