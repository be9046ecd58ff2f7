/** The workflows give nobody more than they need, as zizmor knows it. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { programOf } from '../helpers/parts.ts';
import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';

/** @returns its exit code, which tells the gravest of what it found, and what it said */
function audit(folder: string): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(
    programOf('zizmor'),
    ['--offline', '--no-progress', '--color=never', join(folder, '.github/workflows')],
    {
      encoding: 'utf8',
    },
  );
  return { code: status, said: stdout + stderr };
}

test('zizmor finds no fault with them', () => {
  const { code, said } = audit(PROJECT_DIRECTORY);

  expect(said).toContain('No findings to report');
  expect(code).toBe(0);
});

test('an action that is not pinned is found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kws-workflows-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, '.github/workflows'), { recursive: true });
  const workflow = 'on: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: some/action@v1\n';
  writeFileSync(join(folder, '.github/workflows/loose.yaml'), workflow);

  const { code, said } = audit(folder);

  expect(code).not.toBe(0);
  expect(said).toContain('unpinned-uses');
});
