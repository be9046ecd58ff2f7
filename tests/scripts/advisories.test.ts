/**
 * What ships holds no version with a high advisory that we know of. CI asks the registry (`npm audit`) for those that we do not; this holds
 * where a registry has no answer, and keeps a package that only others depend on from sliding back.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Packages = Readonly<Record<string, { readonly version?: string; readonly dev?: boolean }>>;

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Packages };

/** The first version without it, of the release line that the lock file holds. */
const MENDED_IN = [
  ['@opentelemetry/core', '2.8.0', 'GHSA-8988-4f7v-96qf'],
  ['adm-zip', '0.6.0', 'GHSA-xcpc-8h2w-3j85'],
  ['brace-expansion', '1.1.17', 'GHSA-mh99-v99m-4gvg'],
  ['esbuild', '0.28.1', 'GHSA-gv7w-rqvm-qjhr'],
  ['form-data', '4.0.6', 'GHSA-hmw2-7cc7-3qxx'],
  ['hono', '4.12.25', 'GHSA-88fw-hqm2-52qc'],
  ['tar', '7.5.21', 'GHSA-r292-9mhp-454m'],
  ['ws', '8.21.0', 'GHSA-96hv-2xvq-fx4p'],
] as const;

test.each(MENDED_IN)('%s is at least %s (%s)', (name, first) => {
  const versions = Object.entries(packages)
    .filter(([path, { dev }]) => path.endsWith(`node_modules/${name}`) && dev !== true)
    .map(([, { version = '' }]) => version);

  expect(versions).not.toEqual([]);
  expect(versions.filter((version) => isOlder(version, first))).toEqual([]);
});

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}
