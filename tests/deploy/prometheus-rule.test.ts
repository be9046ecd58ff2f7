/** The alerts that the cluster gets are those that were written and tested. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';

import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';

const FOLDER = join(PROJECT_DIRECTORY, 'deploy', 'observability');
const HEADER = '# Made of alerts.yaml: npx vitest run tests/deploy/prometheus-rule.test.ts --update\n';

test('prometheus-rule.yaml is alerts.yaml as the Prometheus operator wants it (npx vitest run ... --update writes it)', async () => {
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'kws-stream' },
    spec: parse(readFileSync(join(FOLDER, 'alerts.yaml'), 'utf8')) as unknown,
  };

  await expect(HEADER + stringify(rule, { lineWidth: 0 })).toMatchFileSnapshot(join(FOLDER, 'prometheus-rule.yaml'));
});
