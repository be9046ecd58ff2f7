/** The table of error codes is what the documentation shows, and every code in it is one that some test provokes. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { format } from 'prettier';
import { expect, test } from 'vitest';

import { errorsMarkdown } from '../../../services/stream/errors-table.ts';
import { PROJECT_DIRECTORY } from '../../helpers/test-server.ts';

test('docs/errors.md is the table of codes (npx vitest run --update writes it)', async () => {
  const markdown = await format(errorsMarkdown(), { parser: 'markdown' });

  await expect(markdown).toMatchFileSnapshot(join(PROJECT_DIRECTORY, 'docs', 'errors.md'));
});

test('every code stands in a test', async () => {
  const tests = join(PROJECT_DIRECTORY, 'tests');
  const files = (await readdir(tests, { recursive: true })).filter((file) => file.endsWith('.test.ts'));
  const texts = await Promise.all(files.map((file) => readFile(join(tests, file), 'utf8')));
  const codes = [...errorsMarkdown().matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code!);

  expect(codes.filter((code) => !texts.some((text) => text.includes(`'${code}'`)))).toEqual([]);
});
