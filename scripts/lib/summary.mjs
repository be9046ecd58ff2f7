/** Counts what the tests and checks gave, so that nothing that went wrong goes uncounted. */
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 */

/**
 * @typedef {object} TestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {{ status: string, assertionResults: { status: string }[] }[]} testResults
 */

/**
 * Counts tests; a file that failed as a whole is one more failure.
 *
 * @param {TestReport} report - as Vitest's JSON reporter writes it
 * @returns {Counts}
 */
export function countTests({ numPassedTests, numFailedTests, testResults }) {
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  return { passed: numPassedTests, failed: numFailedTests + brokenFiles.length };
}

/**
 * Counts checks.
 *
 * @param {readonly { passed: boolean }[]} report - as `npm run check -- --report=FILE` writes it
 * @returns {Counts}
 */
export function countChecks(report) {
  const passed = report.filter((check) => check.passed).length;
  return { passed, failed: report.length - passed };
}

/**
 * Holds a count against the exit code: a command that failed counts as one failure even if its report shows none, as when it
 * crashed, or left no report; one that claims success without a report has not shown that anything passed.
 *
 * @param {Counts | undefined} counts - absent without a report
 * @param {number} exitCode
 * @returns {Counts}
 */
export function withExitCode(counts, exitCode) {
  if (counts === undefined) return { passed: 0, failed: 1 };
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/**
 * @param {string} path
 * @returns {unknown} `undefined` without a readable report
 */
export function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // its writer has crashed: counted as a failure
  }
}
