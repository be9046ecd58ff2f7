/** `npm run check [-- --report=FILE]`: format, lint, types, imports and unused code; all are run, all are reported. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './lib/command.mjs';
import { installPackages } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { say } from './lib/report.mjs';

/** Each check with the program of `node_modules/.bin` that does it. */
const CHECKS = /** @type {const} */ ([
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['lint', 'eslint', ['--max-warnings', '0', '.']],
  ['types', 'tsc', []],
  ['imports', 'depcruise', ['--config', '.dependency-cruiser.mjs', 'shared', 'services', 'web', 'tests', 'bench', 'scripts']],
  ['unused', 'knip', []],
]);

await main(async () => {
  await installPackages(ROOT);
  /** @type {{ name: string, passed: boolean }[]} */
  const results = [];
  for (const [name, program, args] of CHECKS) {
    say(`• ${name}`);
    const { code } = await runCommand(join(ROOT, 'node_modules/.bin', program), args, { cwd: ROOT });
    results.push({ name, passed: code === 0 });
  }
  for (const { name, passed } of results) say(`${passed ? '✓' : '✗'} ${name}`);
  const report = process.argv.find((argument) => argument.startsWith('--report='));
  if (report !== undefined) writeFileSync(report.slice('--report='.length), JSON.stringify(results));
  return results.every((result) => result.passed) ? 0 : 1;
});
