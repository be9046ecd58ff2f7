/** `trainer calibrate`: when each keyword counts as heard. */

import { calibrate, formatPlan, recordPlan } from '../evaluation/calibrate.ts';
import { fitTemperature } from '../evaluation/temperature.ts';
import { productionEngine, type Command } from './command.ts';
import { conditionsOf, hearerOf, STREAMING_OPTIONS, type StreamingOptions } from './streaming-options.ts';

interface CalibrateOptions extends StreamingOptions {
  readonly data: string;
  readonly model: string;
  readonly budget: number;
  readonly latency: number;
  readonly 'latency-p95': number;
  readonly temperature: boolean;
}

/** Scales the posteriors, chooses the operating points, and writes both into the artefact. */
export const calibrateCommand: Command<CalibrateOptions> = {
  command: 'calibrate',
  describe:
    'make the posteriors as sure as they are right, and choose smoothing, threshold, patience and refractory period, on validation clips and held-back speech; written into the artefact',
  builder: (command) =>
    command
      .option('data', { type: 'string', demandOption: true, describe: 'folder that holds speech_commands/, speech/ and noise/' })
      .option('model', { type: 'string', default: 'models/default', describe: 'folder of the artefact' })
      .option('budget', { type: 'number', default: 1, describe: 'false accepts an hour that each keyword may make' })
      .option('latency', { type: 'number', default: 150, describe: 'ms from the end of a word to its event, at the median' })
      .option('latency-p95', { type: 'number', default: 350, describe: 'ms from the end of a word to its event, for 95 % of the words' })
      .option('temperature', {
        type: 'boolean',
        default: true,
        describe: 'bring the posteriors to the temperature at which the validation clips are likeliest; no answer changes',
      })
      .options(STREAMING_OPTIONS),
  handler: async ({ data, model, budget, latency, 'latency-p95': latencyP95, temperature: isScaled, ...streaming }) => {
    if (isScaled) {
      const temperature = await fitTemperature({ modelDirectory: model, dataDirectory: data, engine: await productionEngine() });
      process.stdout.write(`posteriors at temperature ${temperature.toFixed(2)}\n`);
    }
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
