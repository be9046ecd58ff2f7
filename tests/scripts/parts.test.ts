/** Which parts a machine may lack where every part is required. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findParts } from '../../scripts/lib/parts.mjs';
import { tempFolder } from './temp-folder.ts';

const COMPILED_WITH_GO = ['actionlint', 'k6', 'kube-score', 'kustomize'];

/** The names of the parts that are missing and may be, on a machine with these programs and an empty cache. */
function optionalOn(programs: Readonly<Record<string, string>>): string[] {
  const folder = tempFolder(programs);
  for (const name of Object.keys(programs)) chmodSync(join(folder, name), 0o755);
  return findParts({ PATH: folder, XDG_CACHE_HOME: join(folder, 'cache') })
    .filter(({ path, isOptional }) => path === undefined && isOptional === true)
    .map(({ name }) => name)
    .sort();
}

test('what is compiled with Go may be missing where there is no Go', () => {
  expect(optionalOn({})).toEqual(COMPILED_WITH_GO);
});

test('where there is Go nothing may be missing', () => {
  expect(optionalOn({ go: '#!/bin/sh\n' })).toEqual([]);
});

test('every part names the tests that need it', () => {
  expect(findParts({}).filter(({ tests }) => tests.length === 0)).toEqual([]);
});
