/** How the scripts run other programs. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram, runCommand } from '../../scripts/lib/command.mjs';
import { putFiles, tempFolder } from './temp-folder.ts';

test('gives the exit code and the output of a quiet program', async () => {
  const result = await runCommand(process.execPath, ['-e', 'console.log("said"); console.error("warned"); process.exit(7)'], {
    quiet: true,
  });

  expect(result.code).toBe(7);
  expect(result.output.split('\n').sort()).toEqual(['said', 'warned']);
});

test('reports a program that does not exist as a shell would', async () => {
  expect(await runCommand('no-such-program-anywhere', [], { quiet: true })).toMatchObject({
    code: 127,
    output: expect.stringContaining('ENOENT') as string,
  });
});

test('ends a program, and what it has started, at its limit', async () => {
  const grandchild = 'require("child_process").spawnSync(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" })';

  const { code } = await runCommand(process.execPath, ['-e', grandchild], { quiet: true, limitMs: 500 });

  expect(code).toBe(128 + 15);
});

test('finds the first of several names that is an executable file', () => {
  const folder = tempFolder({ 'two/chromium-browser': '', 'one/google-chrome': '' });
  putFiles(folder, { 'one/chromium/README': 'a folder of that name' });
  const searchPath = [join(folder, 'one'), '', join(folder, 'two')].join(':');

  expect(findProgram(['chromium', 'chromium-browser', 'google-chrome'], searchPath)).toBe(join(folder, 'two/chromium-browser'));
  expect(findProgram(['firefox'], searchPath)).toBeUndefined();
});
