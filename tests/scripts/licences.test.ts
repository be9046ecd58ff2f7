/** What others wrote and we ship is listed with its licence, and each licence goes together with ours. */

import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';
import { z } from 'zod';

/** Ask for no more than their own text: they go together with Apache-2.0. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC0-1.0', 'ISC', 'MIT', 'Unlicense'];
/** Asks for changes to its own files: fine for tools that are used here and not shipped. */
const OF_TOOLS = [...PERMISSIVE, 'MPL-2.0'];

const HEADER = `# Licences of what we ship

The npm packages that the stream service, the page and the trainer are made of, as \`package-lock.json\` has them (some are there for one
platform only). The trainer's image also holds libtensorflow (Apache-2.0), both images Node.js (MIT) and Debian. Models and recordings:
see [NOTICE](../NOTICE). Made by \`npx vitest run tests/scripts/licences.test.ts --update\`.
`;

const { packages } = z
  .object({
    packages: z.record(
      z.string(),
      z.looseObject({ version: z.string().optional(), license: z.string().optional(), dev: z.boolean().optional() }),
    ),
  })
  .parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));

/** Each once, by name and version. */
function locked(isTool: boolean): { readonly name: string; readonly licence: string }[] {
  const entries = Object.entries(packages).filter(([path, { dev = false }]) => path !== '' && dev === isTool);
  const byName = new Map(
    entries.map(([path, { version, license }]) => [`${path.split('node_modules/').at(-1)!} ${version!}`, license ?? 'none']),
  );
  return [...byName].map(([name, licence]) => ({ name, licence })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Of alternatives one is enough, of licences together each is needed; npm's packages have no deeper expressions. */
function isAllowed(expression: string, allowed: readonly string[]): boolean {
  const alternatives = expression.replaceAll(/[()]/g, '').split(' OR ');
  return alternatives.some((alternative) => alternative.split(' AND ').every((licence) => allowed.includes(licence)));
}

test('docs/licences.md lists every package (npx vitest run ... --update writes it)', async () => {
  const shipped = locked(false);
  const licences = [...new Set(shipped.map(({ licence }) => licence))].sort();
  const sections = licences.map((licence) => {
    const names = shipped.filter((one) => one.licence === licence).map(({ name }) => `- ${name}`);
    return `\n## ${licence}\n\n${names.join('\n')}\n`;
  });

  await expect(HEADER + sections.join('')).toMatchFileSnapshot('../../docs/licences.md');
});

test('what is shipped is under permissive licences', () => {
  expect(locked(false).filter(({ licence }) => !isAllowed(licence, PERMISSIVE))).toEqual([]);
});

test('what only works here is under licences that let it', () => {
  expect(locked(true).filter(({ licence }) => !isAllowed(licence, OF_TOOLS))).toEqual([]);
});

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0)', true],
  ['MIT AND GPL-3.0', false],
  ['none', false],
])('%s: %s', (expression, expected) => {
  expect(isAllowed(expression, PERMISSIVE)).toBe(expected);
});
