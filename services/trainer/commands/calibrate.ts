/** `trainer calibrate`: at which threshold each keyword counts as heard. */

import { calibrate, formatCalibration, recordCalibration } from '../evaluation/calibrate.ts';
import { productionEngine, type Command } from './command.ts';

interface CalibrateOptions {
  readonly data: string;
  readonly model: string;
  readonly transcripts: string | undefined;
  readonly budget: number;
}

/** Chooses the thresholds, and writes them into the manifest. */
export const calibrateCommand: Command<CalibrateOptions> = {
  command: 'calibrate',
  describe: 'choose the threshold of each keyword on validation clips and held-back speech, and write them into the manifest',
  builder: (command) =>
    command
      .option('data', { type: 'string', demandOption: true, describe: 'folder that holds speech_commands/ and speech/' })
      .option('model', { type: 'string', default: 'models/default', describe: 'folder of the artefact' })
      .option('transcripts', {
        type: 'string',
        describe: 'what is said in the speech, one `<utterance> <words>` a line, so that keywords really said do not count',
      })
      .option('budget', { type: 'number', default: 1, describe: 'false accepts an hour that each keyword may make' }),
  handler: async ({ data, model, transcripts, budget }) => {
    const engine = await productionEngine();
    const calibration = await calibrate({ modelDirectory: model, dataDirectory: data, transcripts, engine, falseAcceptsPerHour: budget });
    await recordCalibration(model, calibration);
    process.stdout.write(formatCalibration(calibration));
  },
};
