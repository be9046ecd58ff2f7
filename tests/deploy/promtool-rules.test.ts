/** The alerts ring when they should and keep quiet when not, and every expression is one that Prometheus reads. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';

import { programOf } from '../helpers/parts.ts';
import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';

const FOLDER = join(PROJECT_DIRECTORY, 'deploy', 'observability');

function promtool(...args: readonly string[]): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(programOf('promtool'), args, { cwd: FOLDER, encoding: 'utf8' });
  return { code: status, said: stdout + stderr };
}

test('the rules are sound', () => {
  expect(promtool('check', 'rules', 'alerts.yaml')).toMatchObject({ code: 0, said: expect.stringContaining('SUCCESS') as unknown });
});

test('they ring for a service in trouble, and not for one that does well', () => {
  expect(promtool('test', 'rules', 'alerts.test.yaml')).toMatchObject({ code: 0, said: expect.stringContaining('SUCCESS') as unknown });
});

test('Prometheus reads every expression of the dashboard', () => {
  const { panels } = z
    .object({ panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })) })) })
    .parse(JSON.parse(readFileSync(join(FOLDER, 'grafana-dashboard.json'), 'utf8')));
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const rules = expressions.map((expr, index) => ({ record: `panel_${index}`, expr: expr.replaceAll('$__rate_interval', '5m') }));
  const folder = mkdtempSync(join(tmpdir(), 'kws-dashboard-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'dashboard.yaml'), stringify({ groups: [{ name: 'dashboard', rules }] }));

  const { code, said } = promtool('check', 'rules', join(folder, 'dashboard.yaml'));

  expect(said).toContain(`${rules.length} rules found`);
  expect(code).toBe(0);
});
