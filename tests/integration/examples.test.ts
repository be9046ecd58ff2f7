/** The examples in the documentation hear what they are said to hear. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { DEFAULT_MODEL_DIRECTORY, PROJECT_DIRECTORY, startServer } from '../helpers/test-server.ts';

const RECORDING = join('tests', 'fixtures', 'recordings', 'yes-stop-left.wav');

test('examples/stream-wav.ts prints the words of a recording, in order', async () => {
  const server = await startServer({ MODEL_SOURCE: `file:${DEFAULT_MODEL_DIRECTORY}` });
  onTestFinished(() => server.close());

  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'examples/stream-wav.ts', RECORDING, server.url], {
    cwd: PROJECT_DIRECTORY,
  });

  expect(stdout).toMatch(/^listening with model .*\n.* yes .*\n.* stop .*\n.* left .*\n$/);
});
