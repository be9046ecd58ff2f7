/** `trainer data fetch`: a public data set. */

import type { Archive } from '../../corpus/fetch/source.ts';
import type { Command, CommandContext } from '../command.ts';

interface FetchOptions {
  readonly source: string;
  readonly data: string;
}

const MEGABYTE = 1e6;

/** Downloads and unpacks; goes on where it was interrupted. */
export function fetchCommand({ signal }: CommandContext): Command<FetchOptions> {
  return {
    command: 'fetch <source>',
    describe: 'download a public data set, check its SHA-256 and unpack it; goes on where it stopped',
    builder: (command) =>
      command
        .positional('source', {
          type: 'string',
          demandOption: true,
          describe: 'speech-commands, or a file like config/sources/speech-commands.yaml',
        })
        .option('data', { type: 'string', demandOption: true, describe: 'folder to put it in' }),
    handler: async ({ source, data }) => {
      const [{ fetchSource }, { readSource }, { stagedProgress }] = await Promise.all([
        import('../../corpus/fetch/fetch-source.ts'),
        import('../../corpus/fetch/source.ts'),
        import('../../training/progress.ts'),
      ]);
      const onArchive = ({ folder, bytes }: Archive): { onProgress: (bytes: number) => void } => {
        const { onStart, onProgress } = stagedProgress(`${folder}, MB`);
        onStart(Math.round(bytes / MEGABYTE));
        return { onProgress: (received) => onProgress(Math.round(received / MEGABYTE)) };
      };
      const made = await fetchSource(await readSource(source), data, { signal, onArchive });
      process.stdout.write(made.length === 0 ? `all of ${source} is in ${data} already\n` : `unpacked ${made.join(', ')}\n`);
    },
  };
}
