/** What the documents point to is there: files, headings, npm scripts, settings. */

import { access, readdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

import { describe, expect, test } from 'vitest';

import packageJson from '../../package.json' with { type: 'json' };
import { SETTINGS } from '../../services/stream/settings-table.ts';
import { documentPaths, proseOf, readDocument, shellCommands } from '../helpers/documents.ts';
import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';

const PATHS = await documentPaths();
const DOCUMENTS = new Map(await Promise.all(PATHS.map(async (path) => [path, await readDocument(path)] as const)));
/** What a path in a sentence begins with. */
const FOLDERS = /^(?:\.ci|\.github|bench|config|deploy|docs|examples|models|scripts|services|shared|tests|web)\//;

test('there are documents to look at', () => {
  expect(PATHS).toEqual(expect.arrayContaining(['README.md', 'docs/integrators/protocol.md', 'docs/operators/alerts.md']));
});

describe.each(PATHS)('%s', (path) => {
  const document = DOCUMENTS.get(path) ?? '';

  test('links to files and headings that are there', async () => {
    const broken = await Promise.all(linksOf(document).map(async (link) => ((await leadsSomewhere(link, path)) ? [] : [link])));

    expect(broken.flat()).toEqual([]);
  });

  test('names paths and tests that are there', async () => {
    const words = [...proseOf(document).matchAll(/`([^`\s]+)`/g)].map(([, word = '']) => word);
    const paths = words.filter((word) => FOLDERS.test(word) && !/[*{}<>…]|[A-Z]{3}/.test(word.replace(/README\.md$/, '')));
    const missing = await Promise.all(paths.map(async (word) => ((await exists(word)) ? [] : [word])));
    const tests = words.filter((word) => /^[\w-]+\.test\.ts$/.test(word));

    expect(missing.flat()).toEqual([]);
    expect(tests.filter((name) => !TEST_FILES.has(name))).toEqual([]);
  });

  test('runs npm scripts that are there', () => {
    const named = [...document.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);

    expect(named.filter((name) => !(name in packageJson.scripts))).toEqual([]);
  });

  test('starts the service with settings that it has', () => {
    const given = shellCommands(document)
      .filter(({ words }) => words.join(' ') === 'npm start')
      .flatMap(({ environment }) => Object.keys(environment));

    expect(given.filter((name) => !(name in SETTINGS))).toEqual([]);
  });
});

test('every page of docs/ and every README of a folder is linked from another', () => {
  const linked = [...DOCUMENTS].flatMap(([path, document]) =>
    linksOf(document)
      .filter((link) => !link.startsWith('#'))
      .map((link) => normalize(join(dirname(path), link.replace(/#.*/, '')))),
  );
  const targets = new Set(linked);

  const pages = PATHS.filter((path) => path.startsWith('docs/') || path.endsWith('/README.md'));
  expect(pages.filter((path) => !targets.has(path) && !targets.has(`${dirname(path)}/`))).toEqual([]);
});

const TEST_FILES = new Set((await readdir(join(PROJECT_DIRECTORY, 'tests'), { recursive: true })).map((path) => path.replace(/.*\//, '')));

/** Where a document's links and pictures lead, within the project. */
function linksOf(document: string): readonly string[] {
  return [...proseOf(document).matchAll(/\]\(<?([^)\s>]+)>?\)| src="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** @param from the document that the link stands in */
async function leadsSomewhere(link: string, from: string): Promise<boolean> {
  const [file = '', heading] = link.split('#');
  const target = file === '' ? from : normalize(join(dirname(from), file));
  if (!(await exists(target))) return false;
  return heading === undefined || headingsOf(await readDocument(target)).has(heading);
}

/** The names by which the headings of a document are linked to, as GitHub makes them. */
function headingsOf(document: string): ReadonlySet<string> {
  const titles = [...proseOf(document).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title);
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

async function exists(path: string): Promise<boolean> {
  return access(join(PROJECT_DIRECTORY, path)).then(
    () => true,
    () => false,
  );
}
