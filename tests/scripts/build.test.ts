/** Which parts of a build are made again. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { build } from '../../scripts/lib/build.mjs';
import { putFiles, tempFolder } from './temp-folder.ts';

/** A part that writes its output and counts how often it has been made. */
function countingPart({ name = 'page', writes = true } = {}) {
  const part = {
    name,
    inputs: ['src', 'config.json'],
    needed: ['src/main.ts'],
    output: `${name}.js`,
    made: 0,
    make(root: string) {
      part.made++;
      if (writes) writeFileSync(join(root, part.output), '');
      return Promise.resolve();
    },
  };
  return part;
}

test('makes a part once while nothing changes', async () => {
  const root = tempFolder({ 'src/main.ts': 'one' });
  const part = countingPart();

  await build(root, [part]);
  await build(root, [part]);

  expect(part.made).toBe(1);
});

test.each([
  ['the content of an input', { 'src/main.ts': 'two' }],
  ['a new file in an input folder', { 'src/deep/other.ts': 'new' }],
  ['an input that was not there', { 'config.json': '{}' }],
])('makes a part again after a change of %s', async (_, change) => {
  const root = tempFolder({ 'src/main.ts': 'one' });
  const part = countingPart();
  await build(root, [part]);

  putFiles(root, change);
  await build(root, [part]);

  expect(part.made).toBe(2);
});

test('leaves a part alone when only other files change', async () => {
  const root = tempFolder({ 'src/main.ts': 'one' });
  const part = countingPart();
  await build(root, [part]);

  putFiles(root, { 'README.md': 'new' });
  await build(root, [part]);

  expect(part.made).toBe(1);
});

test('refuses to build without the inputs of a part', async () => {
  const part = countingPart();

  await expect(build(tempFolder(), [part])).rejects.toMatchObject({
    code: 'build_input_missing',
    message: expect.stringContaining('src/main.ts') as string,
  });

  expect(part.made).toBe(0);
});

test('does not take a part for built that made nothing', async () => {
  const root = tempFolder({ 'src/main.ts': 'one' });
  const part = countingPart({ writes: false });

  await expect(build(root, [part])).rejects.toMatchObject({ code: 'build_failed' });
  await expect(build(root, [part])).rejects.toMatchObject({ code: 'build_failed' });

  expect(part.made).toBe(2);
});
