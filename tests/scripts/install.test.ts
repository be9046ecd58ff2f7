/** When the npm packages count as installed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installPackages, installStamp, isInstalled } from '../../scripts/lib/install.mjs';
import { putFiles, tempFolder } from './temp-folder.ts';

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
}

const LOCKED = {
  '': { version: '1.0.0' },
  'node_modules/left': { version: '2.0.0', integrity: 'sha512-left' },
  'node_modules/left-for-other-platforms': { version: '2.0.0', integrity: 'sha512-other', optional: true },
};
const INSTALLED = { 'node_modules/left': LOCKED['node_modules/left'] };

/** A project with a lockfile and with what npm notes of an installation. */
function project(locked: Record<string, Entry>, installed?: Record<string, Entry>): string {
  const folder = tempFolder({ 'package.json': '{ "name": "project" }', 'package-lock.json': JSON.stringify({ packages: locked }) });
  if (installed) putFiles(folder, { 'node_modules/.package-lock.json': JSON.stringify({ packages: installed }) });
  return folder;
}

test('takes what the lockfile says, without the optional packages of other platforms, for installed', () => {
  expect(isInstalled(project(LOCKED, INSTALLED))).toBe(true);
});

test.each([
  ['nothing has been installed', undefined],
  ['a package is missing', {}],
  ['a package has another version', { 'node_modules/left': { version: '1.9.0', integrity: 'sha512-left' } }],
  ['a package has other contents', { 'node_modules/left': { version: '2.0.0', integrity: 'sha512-right' } }],
])('does not take it for installed when %s', (_, installed) => {
  expect(isInstalled(project(LOCKED, installed))).toBe(false);
});

test('the stamp changes with the lockfile, the major version of Node.js, the platform and the processor, and with nothing else', () => {
  const folder = project(LOCKED);
  const machine = { node: '20.19.0', platform: 'linux', arch: 'x64' };
  const stamp = installStamp(folder, machine);

  const others = [{ node: '22.12.0' }, { platform: 'darwin' }, { arch: 'arm64' }].map((change) =>
    installStamp(folder, { ...machine, ...change }),
  );
  const newerPatch = installStamp(folder, { ...machine, node: '20.20.2' });
  putFiles(folder, { 'package-lock.json': JSON.stringify({ packages: INSTALLED }) });
  const otherLockfile = installStamp(folder, machine);

  expect(new Set([stamp, ...others, otherLockfile]).size).toBe(5);
  expect(newerPatch).toBe(stamp);
});

test('keeps an installation made by hand, and notes it', async () => {
  const folder = project(LOCKED, INSTALLED);

  await installPackages(folder);

  expect(readFileSync(join(folder, 'node_modules/.cache/kws-service/install'), 'utf8')).toBe(installStamp(folder));
});

test("keeps a developer's own npm install after one of ours, with all that was built inside its packages", async () => {
  const folder = project(LOCKED, INSTALLED);
  await installPackages(folder);
  const added = { 'node_modules/new': { version: '1.0.0', integrity: 'sha512-new' } };
  putFiles(folder, {
    'package-lock.json': JSON.stringify({ packages: { ...LOCKED, ...added } }),
    'node_modules/.package-lock.json': JSON.stringify({ packages: { ...INSTALLED, ...added } }),
    'node_modules/left/built.node': 'binding',
  });

  await installPackages(folder);

  expect(readFileSync(join(folder, 'node_modules/left/built.node'), 'utf8')).toBe('binding');
  expect(readFileSync(join(folder, 'node_modules/.cache/kws-service/install'), 'utf8')).toBe(installStamp(folder));
});

test('says in one sentence that npm failed, and notes no installation', async () => {
  const folder = tempFolder({ 'package.json': 'not JSON', 'package-lock.json': '{ "packages": {} }' });

  await expect(installPackages(folder)).rejects.toMatchObject({ code: 'install_failed' });

  expect(existsSync(join(folder, 'node_modules/.cache/kws-service/install'))).toBe(false);
});
