/** Every manifest keeps to good practice as kube-score knows it; what does not is listed, with its reason. */

import { spawnSync } from 'node:child_process';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { programOf } from '../helpers/parts.ts';
import { buildOverlay, OVERLAYS } from './manifests.ts';

const LEFT_OUT = [
  '--ignore-container-cpu-limit', // a throttled event loop is late for every session of its pod
  '--ignore-test=container-image-pull-policy', // tags of releases never move, so what a node has is right
];
const ALSO = ['--enable-optional-test=container-seccomp-profile'];
const OK = 10;

const ScoresSchema = z.array(
  z.object({
    object_meta: z.object({ name: z.string() }),
    checks: z.array(z.object({ check: z.object({ id: z.string() }), grade: z.int(), skipped: z.boolean() })),
  }),
);

/** What kube-score finds fault with, and why it stays. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  // One MLflow on one volume: a second would write to the same database.
  local: ['deployment-replicas mlflow', 'deployment-strategy mlflow', 'horizontalpodautoscaler-replicas kws-stream'], // and one machine
  production: ['deployment-replicas mlflow', 'deployment-strategy mlflow'],
};

test.each(OVERLAYS)('overlay %s', (overlay) => {
  const { stdout } = spawnSync(programOf('kube-score'), ['score', '-', '--output-format=json', ...LEFT_OUT, ...ALSO], {
    input: buildOverlay(overlay),
    encoding: 'utf8',
  });

  const faults = ScoresSchema.parse(JSON.parse(stdout)).flatMap(({ object_meta, checks }) =>
    checks.filter(({ grade, skipped }) => grade < OK && !skipped).map(({ check }) => `${check.id} ${object_meta.name}`),
  );

  expect(faults.sort()).toEqual(KNOWN[overlay]);
});
