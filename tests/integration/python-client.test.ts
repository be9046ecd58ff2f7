/** docs/integrators/python.md shows what its example prints. */

import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { codeBlocks, readDocument, shellCommands } from '../helpers/documents.ts';
import { programOf } from '../helpers/parts.ts';
import { DEFAULT_MODEL_DIRECTORY, PROJECT_DIRECTORY, startServer } from '../helpers/test-server.ts';

test('the example in Python prints the words of a recording as docs/integrators/python.md has them', async () => {
  const document = await readDocument('docs/integrators/python.md');
  const server = await startServer({ MODEL_SOURCE: `file:${DEFAULT_MODEL_DIRECTORY}` });
  onTestFinished(() => server.close());
  const [, ...args] = shellCommands(document).find(({ line }) => line.includes('examples/'))?.words ?? [];
  const python = join(dirname(programOf('websockets')), 'python');

  const { stdout } = await promisify(execFile)(python, [...args, server.url.replace(/^http/, 'ws')], { cwd: PROJECT_DIRECTORY });

  expect(stdout.trim()).toBe(codeBlocks(document, 'text')[0]?.code);
});
