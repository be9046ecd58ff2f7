/** The trainer's command line: which commands there are. Each has a file in commands/. */

import yargs, { type Argv } from 'yargs';

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
import { teachCommand } from './commands/teach.ts';
import { trainCommand } from './commands/train.ts';

/** Reads arguments strictly; the command runs when the result is parsed. */
export function commandLine(args: readonly string[], context: CommandContext): Argv {
  return yargs([...args])
    .scriptName('trainer')
    .usage('$0 <command>\n\nTrains keyword-spotting models and says how good they are.')
    .command(trainCommand(context))
    .command(dataCommand(context))
    .command(evaluateCommand(context))
    .command(calibrateCommand)
    .command(teachCommand)
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
    .strict();
}
