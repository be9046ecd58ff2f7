/** The dashboard and the alert rules speak of metrics and labels that a running service has, and every alert has its page. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { encodePcm } from '#shared/audio/pcm.ts';

import { babble } from '../helpers/arbitrary-audio.ts';
import { uploadRefused } from '../helpers/detect-upload.ts';
import { connect, MONO_S16 } from '../helpers/stream-client.ts';
import { PROJECT_DIRECTORY, startTestServer } from '../helpers/test-server.ts';

const read = (...path: readonly string[]): Promise<string> => readFile(join(PROJECT_DIRECTORY, ...path), 'utf8');

const RulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          labels: z.object({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.object({ summary: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ),
});
const DashboardSchema = z.object({
  panels: z.array(z.object({ id: z.int(), title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
});

const rules = RulesSchema.parse(parse(await read('deploy', 'observability', 'alerts.yaml'))).groups.flatMap((group) => group.rules);
const dashboard = DashboardSchema.parse(JSON.parse(await read('deploy', 'observability', 'grafana-dashboard.json')));
const expressions = [...rules.map(({ expr }) => expr), ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))];

/** The samples that an expression asks for; of a histogram, by its own name. */
function metricsIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:kws|nodejs|process)_\w+/g)].map(([name]) => name);
}

test('every metric of rules and dashboard is one that a service exposes', async () => {
  const server = await startTestServer();
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name!, type!]));
  const isExposed = (name: string): boolean => {
    const histogram = /^(\w+)_(?:bucket|sum|count)$/.exec(name)?.[1];
    return histogram === undefined ? types.has(name) : types.get(histogram) === 'histogram';
  };

  const names = [...new Set(expressions.flatMap(metricsIn))];

  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !isExposed(name))).toEqual([]);
});

test('what is refused is counted by reason, of sessions and of uploads', async () => {
  const server = await startTestServer();
  const client = await connect(server.url);
  client.send({ ...MONO_S16, keywords: ['sesame'] });
  await client.closed;
  await uploadRefused(server.url, new Uint8Array(encodePcm(babble(100), 'pcm_s16le')));

  const text = await (await fetch(`${server.url}/metrics`)).text();

  expect(text).toContain('kws_refused_total{reason="unknown_keyword"} 1\n');
  expect(text).toContain('kws_refused_total{reason="not_wav"} 1\n');
  expect(text).toContain('kws_uploads_total{status="415"} 1\n');
});

test('every alert has a page that says what to do, and every page an alert', async () => {
  const pages = await read('docs', 'operators', 'alerts.md');
  const titles = [...pages.matchAll(/^## (\w+)$/gm)].map(([, title]) => title!);

  expect(titles).toEqual(rules.map(({ alert }) => alert));
  for (const { alert, annotations } of rules) expect(annotations.runbook).toBe(`docs/operators/alerts.md#${alert.toLowerCase()}`);
});

test('panels of the dashboard have names and numbers of their own', () => {
  const { panels } = dashboard;

  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
});
