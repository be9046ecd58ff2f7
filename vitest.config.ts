/** The three kinds of tests: units, real neighbours over loopback, and the page in a real browser. */
import { defineConfig } from 'vitest/config';
import { findParts } from './scripts/lib/parts.mjs';

/** Tests of parts that this machine lacks are left out; `npm test` installs the parts, or names what it left out. */
const untestable = findParts(process.env)
  .filter((part) => part.path === undefined)
  .flatMap((part) => part.tests);

const everywhere = ['**/node_modules/**', ...untestable];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: [...everywhere, 'tests/integration/**', 'tests/e2e/**', 'tests/load/**'],
          testTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          exclude: everywhere,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          exclude: everywhere,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
