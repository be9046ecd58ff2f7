/**
 * The programs beyond npm that tests run. vitest.config.ts leaves out the files of a part that is missing (`tests/e2e/**`,
 * `nats*.test.ts`, `*mlflow*.test.ts`, `kustomize*.test.ts` …; the list is in scripts/lib/parts.mjs), so a test that runs has its part.
 */
import { findParts, type PartName } from '../../scripts/lib/parts.mjs';

/**
 * The program of a part.
 *
 * @returns its absolute path
 * @throws {Error} when the part is missing: the test file then lacks the name that vitest.config.ts goes by
 */
export function programOf(name: PartName): string {
  const path = findParts(process.env).find((part) => part.name === name)?.path;
  if (path === undefined) throw new Error(`${name} is missing; the test file's name must tell that it needs it, see scripts/lib/parts.mjs`);
  return path;
}
