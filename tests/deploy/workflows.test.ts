/** What the workflows do: all tests on both versions of Node, images and a moment of load; releases that say where they are from; deployments that undo themselves. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';

const FOLDER = join(PROJECT_DIRECTORY, '.github', 'workflows');

const StepSchema = z.looseObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  if: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const JobSchema = z.looseObject({
  /** Another workflow in its stead, which has limits of its own. */
  uses: z.string().optional(),
  'timeout-minutes': z.int().optional(),
  permissions: z.record(z.string(), z.string()),
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.looseObject({ name: z.string() }).optional(),
  strategy: z.looseObject({ matrix: z.record(z.string(), z.unknown()) }).optional(),
  steps: z.array(StepSchema).default([]),
});
const WorkflowSchema = z.looseObject({ permissions: z.strictObject({}), jobs: z.record(z.string(), JobSchema) });

const workflows = new Map(readdirSync(FOLDER).map((file) => [file, WorkflowSchema.parse(parse(readFileSync(join(FOLDER, file), 'utf8')))]));
const job = (file: string, name: string): z.infer<typeof JobSchema> => workflows.get(file)!.jobs[name]!;
const commands = (file: string, name: string): string =>
  job(file, name)
    .steps.flatMap(({ run }) => run ?? [])
    .join('\n');
const stepOf = (file: string, name: string, action: string) => job(file, name).steps.find(({ uses }) => uses?.startsWith(`${action}@`));

describe.each([...workflows])('%s', (_, { jobs }) => {
  test('takes every action by the commit it is, and has limits and rights for every job', () => {
    const actions = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));

    expect(actions.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
    expect(Object.values(jobs).filter((one) => one.uses === undefined && one['timeout-minutes'] === undefined)).toEqual([]);
    expect(Object.values(jobs).filter(({ permissions }) => Object.keys(permissions).length === 0)).toEqual([]);
  });

  test('leaves no credentials in a checkout', () => {
    const checkouts = Object.values(jobs).flatMap(({ steps }) => steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')));

    expect(checkouts.filter((step) => step.with['persist-credentials'] !== false)).toEqual([]);
  });
});

test('each push asks the registry for advisories on what ships', () => {
  expect(commands('tests.yaml', 'advisories')).toBe('npm audit --omit=dev --audit-level=high');
});

test('each push is checked and tested on both versions of Node, the images are built and run, and k6 streams for a moment', () => {
  expect(job('tests.yaml', 'tests').strategy?.matrix).toEqual({ node: ['20', '22'] });
  expect(commands('tests.yaml', 'tests')).toMatch(/npm run check[\s\S]*npm test/);
  expect(commands('tests.yaml', 'images')).toContain('scripts/container/verify.mjs');
  expect(commands('tests.yaml', 'load')).toContain('npm run load:smoke');
});

test('a release has images with an SBOM and provenance, notes, the models and the web component', () => {
  const image = job('release.yaml', 'images');

  expect(job('release.yaml', 'tests').uses).toBe('./.github/workflows/tests.yaml');
  expect(image.needs).toBe('tests');
  expect(image.strategy?.matrix).toEqual({ target: ['stream', 'trainer'] });
  expect(stepOf('release.yaml', 'images', 'docker/build-push-action')?.with).toMatchObject({
    sbom: true,
    provenance: 'mode=max',
    push: true,
  });
  expect(stepOf('release.yaml', 'images', 'actions/attest-build-provenance')).toBeDefined();
  expect(commands('release.yaml', 'release')).toMatch(
    /models\/\*\/manifest\.json[\s\S]*kws-listener\.js[\s\S]*gh release create [^\n]*--generate-notes assets\/\*/,
  );
});

test('a deployment is built and tested before, guarded by its environment, waited for, heard, and undone if any of it fails', () => {
  const { steps, environment, needs } = job('deploy.yaml', 'deploy');
  const at = (text: string): number => steps.findIndex(({ run }) => run?.includes(text));

  expect(environment?.name).toBe('production');
  expect(needs).toEqual(['tests', 'images']);
  expect(commands('deploy.yaml', 'tests')).toMatch(/npm run build[\s\S]*npm test/);
  expect(commands('deploy.yaml', 'images')).toContain('gh attestation verify');
  expect(
    [at('kubectl apply'), at('rollout status'), at('smoke.mjs'), at('rollout undo')].every((index, i, all) => index > (all[i - 1] ?? -1)),
  ).toBe(true);
  expect(steps[at('rollout undo')]?.if).toBe("failure() && steps.apply.outcome != 'skipped'");
});
