/** The workflows are ones that GitHub takes, as actionlint knows it. */

import { spawnSync } from 'node:child_process';

import { expect, test } from 'vitest';

import { programOf } from '../helpers/parts.ts';
import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';

function lint(args: readonly string[], input = ''): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(programOf('actionlint'), ['-no-color', ...args], {
    cwd: PROJECT_DIRECTORY,
    encoding: 'utf8',
    input,
  });
  return { code: status, said: stdout + stderr };
}

test('actionlint finds no fault with them', () => {
  expect(lint([])).toEqual({ code: 0, said: '' });
});

test('a reference to a step that is not there is found', () => {
  const workflow = 'on: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ steps.none.outputs.anything }}\n';

  expect(lint(['-'], workflow)).toMatchObject({ code: 1, said: expect.stringContaining('"none" is not defined') as unknown });
});
