/** The trainer's command line. Each command has a file in commands/. */

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { bestCommand } from './commands/best.ts';
import { calibrateCommand } from './commands/calibrate.ts';
import type { CommandContext } from './commands/command.ts';
import { cycleCommand } from './commands/cycle.ts';
import { dataCommand } from './commands/data.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { exportCommand } from './commands/export.ts';
import { keywordCommand } from './commands/keyword.ts';
import { keysCommand } from './commands/keys.ts';
import { modelsCommand } from './commands/models.ts';
import { publishCommand } from './commands/publish.ts';
import { runsCommand } from './commands/runs.ts';
import { sweepCommand, workerCommand } from './commands/sweep.ts';
import { trainCommand } from './commands/train.ts';
import { actionable } from './trainer-error.ts';

const interrupted = new AbortController();
process.once('SIGINT', () => {
  process.stderr.write('\nstopping after this step; the best epoch so far is kept (again to stop at once)\n');
  interrupted.abort();
});
const context: CommandContext = { signal: interrupted.signal, environment: process.env };

await yargs(hideBin(process.argv))
  .scriptName('trainer')
  .usage('$0 <command>\n\nTrains keyword-spotting models and says how good they are.')
  .command(trainCommand(context))
  .command(dataCommand(context))
  .command(evaluateCommand)
  .command(calibrateCommand)
  .command(exportCommand)
  .command(keywordCommand(context))
  .command(runsCommand(context))
  .command(bestCommand(context))
  .command(publishCommand(context))
  .command(modelsCommand(context))
  .command(keysCommand)
  .command(cycleCommand(context))
  .command(sweepCommand(context))
  .command(workerCommand(context))
  .demandCommand(1, 'name a command')
  .strict()
  .fail((message, error) => {
    const known = actionable(error);
    if ((error as Error | undefined) !== undefined && !known) throw error;
    process.stderr.write(`trainer: ${known ? `${known.message} (${known.code})` : `${message}; see --help`}\n`);
    process.exit(1);
  })
  .parseAsync();
