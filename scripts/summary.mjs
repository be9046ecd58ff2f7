/** The last line of a verification: `node scripts/summary.mjs REPORTS TESTS_EXIT_CODE CHECKS_EXIT_CODE`. */
import { join } from 'node:path';
import { countChecks, countTests, readReport, withExitCode } from './lib/summary.mjs';

const [folder = '.', testsCode, checksCode] = process.argv.slice(2);
const tests = /** @type {import('./lib/summary.mjs').TestReport | undefined} */ (readReport(join(folder, 'tests.json')));
const checks = /** @type {{ passed: boolean }[] | undefined} */ (readReport(join(folder, 'checks.json')));

const counts = [
  withExitCode(tests && countTests(tests), Number(testsCode)),
  withExitCode(checks && countChecks(checks), Number(checksCode)),
];
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);

process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
