/** The lockfile installs on every platform with every supported npm: npm 11 refuses one with optional packages left out. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Packages = Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Packages };

/** The folders in which a package finds its dependencies, nearest first. */
function searchFolders(path: string): string[] {
  const parents = path.split('/node_modules/').map((_, depth, parts) => parts.slice(0, depth + 1).join('/node_modules/'));
  return ['node_modules', ...parents.map((parent) => `${parent}/node_modules`)];
}

test('names every optional package, those of other platforms too', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !searchFolders(path).some((folder) => `${folder}/${name}` in packages)),
  );

  expect(missing).toEqual([]);
});

test.each(['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-arm64'])("holds Vite's native part for %s", (platform) => {
  expect(packages).toHaveProperty([`node_modules/@rolldown/binding-${platform}`]);
});
