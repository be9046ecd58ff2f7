/** Every manifest fits the schemas of Kubernetes, with no field that is not in them. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { programOf } from '../helpers/parts.ts';
import { buildOverlay, OVERLAYS } from './manifests.ts';

/** Of the Prometheus operator, not of Kubernetes; kustomize-manifests.test.ts looks at them. */
const WITHOUT_SCHEMA = /Couldn't find schema for kind (?:ServiceMonitor|PrometheusRule) /;

function validate(yaml: string): { readonly code: number | null; readonly complaints: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'kws-manifests-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'manifests.yaml');
  writeFileSync(file, yaml);
  const { status, stdout, stderr } = spawnSync(programOf('kubernetes-validate'), ['--strict', '--quiet', file], { encoding: 'utf8' });
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !WITHOUT_SCHEMA.test(line));
  return { code: status, complaints };
}

test.each(OVERLAYS)('overlay %s', (overlay) => {
  expect(validate(buildOverlay(overlay))).toEqual({ code: 0, complaints: [] });
});

test('a field that Kubernetes does not know is found', () => {
  const { code, complaints } = validate(buildOverlay('local').replace('maxUnavailable: 1', 'mayBeUnavailable: 1'));

  expect(code).not.toBe(0);
  expect(complaints.join()).toContain('mayBeUnavailable');
});
