/** What the Dockerfile says before anything is built; scripts/container/verify.mjs builds it and runs what comes out. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { SERVICE_ENVIRONMENT, SERVICE_NODE_OPTIONS } from '../../scripts/lib/service-command.mjs';
import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';

const read = (file: string): string => readFileSync(join(PROJECT_DIRECTORY, file), 'utf8');
const dockerfile = read('Dockerfile');
const stages = [...dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm)].map(([, from, name]) => ({ from, name }));

test('stands on one base, pinned by tag and digest', () => {
  expect(dockerfile).toMatch(/^ARG NODE_IMAGE=docker\.io\/library\/node:22-bookworm-slim@sha256:[0-9a-f]{64}$/m);
  const names = stages.map(({ name }) => name);
  expect(stages.map(({ from }) => from).filter((from) => from !== '${NODE_IMAGE}' && !names.includes(from))).toEqual([]);
});

test('ends with the stream service, which is what hosts build that name no target', () => {
  expect(stages.at(-1)?.name).toBe('stream');
  expect(parse(read('heroku.yml'))).toEqual({ build: { docker: { web: 'Dockerfile' } } });
});

test('runs as a user without rights, both images', () => {
  const shipped = dockerfile.split(/^FROM /m).filter((stage) => /AS (?:stream|trainer)$/m.test(stage));

  expect(shipped).toHaveLength(2);
  for (const stage of shipped) expect(stage.lastIndexOf('\nUSER node')).toBeGreaterThan(stage.lastIndexOf('\nRUN'));
});

test('takes in nothing but what is named', () => {
  const rules = read('.dockerignore')
    .split('\n')
    .filter((rule) => rule !== '' && !rule.startsWith('#'));

  expect(rules[0]).toBe('*');
  expect(rules).toEqual(expect.arrayContaining(['**/.env*', '**/*.pem', '**/*.key', '**/*.creds']));
});

test('npm start and the image start the service as it was measured', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } };
  const environment = Object.entries(SERVICE_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);

  for (const assignment of environment) expect(dockerfile).toContain(`\nENV ${assignment}\n`);
  expect(dockerfile).toContain(
    `CMD ${JSON.stringify(['node', '--enable-source-maps', ...SERVICE_NODE_OPTIONS, 'dist/stream/main.js']).replaceAll(',', ', ')}`,
  );
  expect(scripts.start).toBe([...environment, 'exec node', ...SERVICE_NODE_OPTIONS, 'scripts/start.mjs'].join(' '));
});
