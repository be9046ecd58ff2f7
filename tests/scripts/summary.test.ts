/** What the last line of a verification counts. */
import { expect, test } from 'vitest';
import { runCommand } from '../../scripts/lib/command.mjs';
import { countChecks, countTests, withExitCode } from '../../scripts/lib/summary.mjs';
import { tempFolder } from './temp-folder.ts';

const passingFile = { status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'passed' }] };
const fileWithFailure = { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] };
const fileThatCannotLoad = { status: 'failed', assertionResults: [] };

test('counts a file that cannot be loaded as one failure, and a failed test once', () => {
  const report = { numPassedTests: 3, numFailedTests: 1, testResults: [passingFile, fileWithFailure, fileThatCannotLoad] };

  expect(countTests(report)).toEqual({ passed: 3, failed: 2 });
});

test('counts each check as one', () => {
  expect(countChecks([{ passed: true }, { passed: false }, { passed: true }])).toEqual({ passed: 2, failed: 1 });
});

test('counts a failure that no report shows', () => {
  expect(withExitCode({ passed: 5, failed: 0 }, 1)).toEqual({ passed: 5, failed: 1 });
  expect(withExitCode({ passed: 5, failed: 2 }, 1)).toEqual({ passed: 5, failed: 2 });
  expect(withExitCode({ passed: 5, failed: 0 }, 0)).toEqual({ passed: 5, failed: 0 });
  expect(withExitCode(undefined, 0)).toEqual({ passed: 0, failed: 1 });
});

test.each([
  ['everything passed', { tests: '0', checks: [{ passed: true }] }, { line: '3 passed, 0 failed', code: 0 }],
  ['a check failed', { tests: '0', checks: [{ passed: false }] }, { line: '2 passed, 1 failed', code: 1 }],
  ['the tests ended with an error that no test shows', { tests: '1', checks: [{ passed: true }] }, { line: '3 passed, 1 failed', code: 1 }],
])('ends with one line and the exit code when %s', async (_, { tests, checks }, { line, code }) => {
  const folder = tempFolder({
    'tests.json': JSON.stringify({ numPassedTests: 2, numFailedTests: 0, testResults: [passingFile] }),
    'checks.json': JSON.stringify(checks),
  });
  const checksCode = checks.every((check) => check.passed) ? '0' : '1';

  const result = await runCommand(process.execPath, ['scripts/summary.mjs', folder, tests, checksCode], { quiet: true });

  expect(result).toEqual({ code, output: line });
});

test('fails when there is no report at all', async () => {
  const result = await runCommand(process.execPath, ['scripts/summary.mjs', tempFolder(), '0', '0'], { quiet: true });

  expect(result).toEqual({ code: 1, output: '0 passed, 2 failed' });
});
