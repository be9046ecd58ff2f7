/** A binding that once worked comes back after `npm ci` has removed it. */
import { existsSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findBinding, packageFolder } from '../../scripts/tfjs/binding.mjs';
import { cacheEntry, keep, restore, useDeps } from '../../scripts/tfjs/cache.mjs';
import { putFiles, tempFolder } from './temp-folder.ts';

const FRESH_PACKAGE = { 'node_modules/@tensorflow/tfjs-node/package.json': '{ "version": "4.22.0" }' };
const BINDING = { 'node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node': 'binding' };
const LIBRARY = { 'node_modules/@tensorflow/tfjs-node/deps/lib/libtensorflow.so.2': 'library' };

test('a package fresh from npm has no binding, and neither has one without its library', () => {
  expect(findBinding(tempFolder(FRESH_PACKAGE))).toBeUndefined();
  expect(findBinding(tempFolder({ ...FRESH_PACKAGE, ...BINDING }))).toBeUndefined();
  expect(findBinding(tempFolder({ ...FRESH_PACKAGE, ...LIBRARY }))).toBeUndefined();
});

test('brings a kept binding back into a package that npm has replaced', () => {
  const root = tempFolder({ ...FRESH_PACKAGE, ...BINDING, ...LIBRARY });
  const entry = cacheEntry(root, tempFolder());
  keep(root, entry);
  rmSync(packageFolder(root), { recursive: true });
  putFiles(root, FRESH_PACKAGE);

  const isRestored = restore(root, entry);

  expect(isRestored).toBe(true);
  expect(readFileSync(findBinding(root) ?? '', 'utf8')).toBe('binding');
  expect(readFileSync(join(packageFolder(root), 'deps/lib/libtensorflow.so.2'), 'utf8')).toBe('library');
});

test('does not copy the big libraries into the package', () => {
  const root = tempFolder({ ...FRESH_PACKAGE, ...BINDING, ...LIBRARY });
  const entry = cacheEntry(root, tempFolder());

  keep(root, entry);

  expect(lstatSync(join(packageFolder(root), 'deps')).isSymbolicLink()).toBe(true);
});

test('offers nothing while libraries are there but no binding has been proved', () => {
  const root = tempFolder(FRESH_PACKAGE);
  const cache = tempFolder();
  const entry = cacheEntry(root, cache);
  putFiles(entry, { 'deps/lib/libtensorflow.so.2': 'half a download' });

  expect(restore(root, entry)).toBe(false);
  expect(existsSync(join(packageFolder(root), 'deps'))).toBe(false);
});

test('forgets a binding that was compiled against other libraries', () => {
  const root = tempFolder({ ...FRESH_PACKAGE, ...BINDING, ...LIBRARY });

  useDeps(root, tempFolder({ 'lib/libtensorflow.so.2': 'other library' }));

  expect(findBinding(root)).toBeUndefined();
});
