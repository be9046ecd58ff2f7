/** What the documents have the trainer do, it does, or would. */

import { copyFile, mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { commandLine } from '../../../services/trainer/command-line.ts';
import { codeBlocks, documentPaths, readDocument, shellCommands, type ShellCommand } from '../../helpers/documents.ts';

const PREFIX = 'npm run trainer -- ';
const CONFIGURATION = await readDocument('docs/ml/configuration.md');
/** An option that no command has: with it nothing runs, and what else is wrong is said first or beside it. */
const UNKNOWN_OPTION = 'unheardof';

const documents = await Promise.all(
  (await documentPaths()).map(async (path) => ({ path, commands: trainerCommands(await readDocument(path)) })),
);

describe.each(documents.filter(({ commands }) => commands.length > 0))('$path', ({ commands }) => {
  test.each(commands)('$line', async ({ words }) => {
    if (words.includes('--help')) return;

    await expect(run([...words, `--${UNKNOWN_OPTION}`])).rejects.toThrow(new Error(`Unknown argument: ${UNKNOWN_OPTION}`));
  });
});

describe('docs/ml/configuration.md', () => {
  test.each(trainerCommands(CONFIGURATION))('$line', async ({ words, environment }) => {
    const folder = await writeOwnConfiguration();

    const printed = await run(
      words.map((word) => word.replace(/^my\//, `${folder}/`)),
      environment,
    );

    expect(printed).toContain('windowSamples: 16000');
  });

  const messages = codeBlocks(CONFIGURATION, '').flatMap(({ code }) => code.split('\n').filter((line) => /=\w+\)?: /.test(line)));
  test.each(messages)('%s', async (message) => {
    const override = /[\w.]+=\w+/.exec(message)?.[0] ?? '';

    await expect(run(['train', '--print-config', override])).rejects.toThrow(message);
  });

  test('the texts above are some', () => {
    expect(messages).toHaveLength(3);
  });
});

/** The trainer's commands in a document, without what npm makes of them. */
function trainerCommands(document: string): readonly ShellCommand[] {
  return shellCommands(document)
    .filter(({ words }) => words.join(' ').startsWith(PREFIX))
    .map((command) => ({ ...command, words: command.words.slice(PREFIX.trim().split(' ').length) }));
}

/** @returns what the command printed */
async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => write.mockRestore());
  await commandLine(args, { signal: new AbortController().signal, environment }).exitProcess(false).fail(false).parseAsync();
  return write.mock.calls.map(([text]) => String(text)).join('');
}

/** The main file of the document, beside a group of its own. @returns the folder, for the test's time */
async function writeOwnConfiguration(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kws-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'data'));
  await copyFile('config/data/commands.yaml', join(folder, 'data', 'mine.yaml'));
  await writeFile(join(folder, 'config.yaml'), codeBlocks(CONFIGURATION, 'yaml')[0]?.code ?? '');
  return folder;
}
