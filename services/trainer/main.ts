/** The trainer as a program: arguments, environment, Ctrl-C, and what is said when something fails. */

import { hideBin } from 'yargs/helpers';

import { commandLine } from './command-line.ts';
import { actionable } from './trainer-error.ts';

const interrupted = new AbortController();
process.once('SIGINT', () => {
  process.stderr.write('\nstopping after this step; what was kept of the epochs so far stays (again to stop at once)\n');
  interrupted.abort();
});

await commandLine(hideBin(process.argv), { signal: interrupted.signal, environment: process.env })
  .fail((message, error) => {
    const known = actionable(error);
    if ((error as Error | undefined) !== undefined && !known) throw error;
    process.stderr.write(`trainer: ${known ? `${known.message} (${known.code})` : `${message}; see --help`}\n`);
    process.exit(1);
  })
  .parseAsync();
