/** Help and what needs no training: at once, without TensorFlow. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

const PROJECT_DIRECTORY = fileURLToPath(new URL('../../../../', import.meta.url));

/** Says at the end whether TensorFlow was loaded. */
const WITNESS = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module';
  const { cache } = createRequire('${PROJECT_DIRECTORY}/package.json');
  process.on('exit', () => process.stderr.write(Object.keys(cache).some((path) => path.includes('tfjs')) ? 'TensorFlow' : ''));
`)}`;

test.each([['--help'], ['train', '--help'], ['train', '--print-config', 'model=small']])(
  'trainer %s %s loads no TensorFlow',
  async (...words) => {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--import', WITNESS, 'services/trainer/main.ts', ...words],
      { cwd: PROJECT_DIRECTORY },
    );

    expect(stderr).toBe('');
    expect(stdout).not.toBe('');
  },
);
