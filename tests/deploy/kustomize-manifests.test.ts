/** What the overlays put into a cluster: closed, without rights, and with settings that the service takes. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { readSettings } from '../../services/stream/config.ts';
import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';
import { find, OVERLAYS, podsOf, resourcesOf, type Container, type PodTemplate, type Resource } from './manifests.ts';

const read = (...path: readonly string[]): string => readFileSync(join(PROJECT_DIRECTORY, ...path), 'utf8');
const APP = 'app.kubernetes.io/name';

describe.each(OVERLAYS)('overlay %s', (overlay) => {
  const resources = resourcesOf(overlay);
  const templates = resources.flatMap((resource) => podsOf(resource) ?? []);
  const stream = podsOf(find(resources, 'Deployment', 'kws-stream'))!;
  const container = stream.spec.containers[0]!;

  test('is what was asked for: stream, three NATS servers, trainer each night, workers, MLflow', () => {
    const made = resources.filter((resource) => podsOf(resource)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);

    expect(made.sort()).toEqual([
      'CronJob kws-cycle',
      'Deployment kws-stream',
      'Deployment kws-worker',
      'Deployment mlflow',
      'StatefulSet nats',
    ]);
    expect(find(resources, 'StatefulSet', 'nats')['spec']).toMatchObject({ replicas: 3 });
  });

  test('everything is in the one namespace, under Pod Security "restricted"', () => {
    const namespace = find(resources, 'Namespace', 'kws');

    expect(namespace.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    expect(resources.filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'kws')).toEqual([]);
  });

  test('every pod keeps to Pod Security "restricted", on a read-only root', () => {
    for (const { spec } of templates) {
      expect(spec).toMatchObject({ automountServiceAccountToken: false });
      expect(spec).not.toHaveProperty('hostNetwork');
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(spec.volumes.filter((volume) => 'hostPath' in volume)).toEqual([]);
      for (const { securityContext } of spec.containers)
        expect(securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
    }
  });

  test('every container says what it needs and what memory it may take, and comes from a pinned image', () => {
    for (const { image, resources: needs } of templates.flatMap(({ spec }) => spec.containers)) {
      expect(Object.keys(needs.requests)).toEqual(expect.arrayContaining(['cpu', 'memory', 'ephemeral-storage']));
      expect(Object.keys(needs.limits)).toEqual(expect.arrayContaining(['memory', 'ephemeral-storage']));
      expect(image).toMatch(/:(?!latest$)[\w.-]+$/);
    }
  });

  test('the settings of the stream service are ones that it takes', () => {
    const environment = environmentOf(container);

    const settings = readSettings(environment, PROJECT_DIRECTORY);

    expect(settings.models.source).toEqual({
      type: 'nats',
      url: 'nats://stream:<nats-passwords/stream>@nats:4222',
      credentialsFile: undefined,
    });
    expect(settings.workers).toBe(1);
    expect(settings.access.trustedProxies).toBe(1);
  });

  test('a pod has longer to stop than it may drain, after the pause in which its endpoint goes', () => {
    const drainMs = readSettings(environmentOf(container), PROJECT_DIRECTORY).limits.drainTimeoutMs;
    const pauseMs = container.lifecycle!.preStop.sleep.seconds * 1000;

    expect(pauseMs).toBeGreaterThan(0);
    expect(stream.spec.terminationGracePeriodSeconds! * 1000).toBeGreaterThan(pauseMs + drainMs);
  });

  test('what is not opened is closed: to the stream service from ingress and Prometheus, to NATS from stream and trainer alone', () => {
    const targets = (name: string): string[] =>
      NetworkPolicySchema.parse(find(resources, 'NetworkPolicy', name)['spec'])
        .egress.flatMap(({ to }) => to.map((peer) => peer.podSelector?.matchLabels[APP] ?? ''))
        .sort();
    const closed = NetworkPolicySchema.parse(find(resources, 'NetworkPolicy', 'closed')['spec']);
    const sources = (name: string, port: number): string[] =>
      NetworkPolicySchema.parse(find(resources, 'NetworkPolicy', name)['spec'])
        .ingress.filter(({ ports }) => ports.some((open) => open.port === port))
        .flatMap(({ from }) => from.flatMap((peer) => Object.entries(peer.podSelector?.matchLabels ?? peer.namespaceSelector!.matchLabels)))
        .map(([label, value]) => (label === APP ? value : label))
        .sort();

    expect(closed).toMatchObject({ podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [] });
    expect(sources('kws-stream', 8080)).toEqual(['kws.access/ingress', 'kws.access/metrics']);
    expect(sources('nats', 4222)).toEqual(['kws-stream', 'kws-trainer']);
    expect(sources('nats', 6222)).toEqual(['nats']);
    expect(sources('mlflow', 5000)).toEqual(['kws-trainer']);
    expect(targets('kws-stream')).toEqual(['nats']);
    expect(targets('kws-trainer')).toEqual(['mlflow', 'nats']);
    expect(targets('nats')).toEqual(['nats']);
  });

  test('policies, budgets and services choose pods that exist', () => {
    const labels = templates.map(({ metadata }) => metadata.labels);
    const selectors = resources.flatMap(selectorOf);

    expect(selectors.length).toBeGreaterThan(8);
    expect(selectors.filter((selector) => !labels.some((pod) => matches(pod, selector)))).toEqual([]);
  });

  test('it scales by sessions, by the lag of the event loop, and by the processor where those cannot be read', () => {
    const { metrics } = AutoscalerSchema.parse(find(resources, 'HorizontalPodAutoscaler', 'kws-stream')['spec']);

    expect(metrics.map((metric) => (metric.type === 'Pods' ? metric.pods.metric.name : metric.resource.name))).toEqual([
      'kws_sessions',
      'nodejs_eventloop_lag_p99_seconds',
      'cpu',
    ]);
    const adapter = read('deploy', 'observability', 'metrics-adapter.yaml');
    expect(adapter).toContain("seriesQuery: 'kws_sessions{");
    expect(adapter).toContain("seriesQuery: 'nodejs_eventloop_lag_p99_seconds{");
  });

  test('it keeps replicas apart, and lets one go at a time', () => {
    expect(stream.spec).toMatchObject({
      topologySpreadConstraints: [{ topologyKey: 'topology.kubernetes.io/zone' }, { topologyKey: 'kubernetes.io/hostname' }],
    });
    for (const name of ['kws-stream', 'nats'])
      expect(find(resources, 'PodDisruptionBudget', name)['spec']).toMatchObject({ maxUnavailable: 1 });
  });
});

describe('overlay production', () => {
  const resources = resourcesOf('production');

  test('holds no secret; those it refers to are made by the commands of docs/operators/kubernetes.md', () => {
    const page = read('docs', 'operators', 'kubernetes.md');
    const references = resources
      .flatMap((resource) => podsOf(resource)?.spec.containers ?? [])
      .flatMap(({ env }) => env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []));

    expect(resources.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(references.length).toBeGreaterThan(4);
    for (const { name, key } of references) expect(page).toMatch(new RegExp(`create secret generic ${name}[^\`]*--from-literal=${key}=`));
  });

  test('nobody comes in without a token, nor from a page that was not named', () => {
    const environment = environmentOf(podsOf(find(resources, 'Deployment', 'kws-stream'))!.spec.containers[0]!);

    const { access } = readSettings(environment, PROJECT_DIRECTORY);

    expect(access).toMatchObject({ isOpen: false, tokens: '<stream-access/tokens>' });
    expect(find(resources, 'ConfigMap', 'stream-settings')['data']).toEqual({ 'allowed-origins': 'https://kws.example.org' });
  });

  test('the ingress leaves a session open for an hour without a word, and lets uploads stream through', () => {
    expect(find(resources, 'Ingress', 'kws-stream').metadata['annotations']).toMatchObject({
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-send-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-request-buffering': 'off',
    });
  });

  test('Prometheus scrapes the port that the service has', () => {
    const monitor = z
      .object({
        selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
        endpoints: z.array(z.looseObject({ port: z.string() })),
      })
      .parse(find(resources, 'ServiceMonitor', 'kws-stream')['spec']);
    const service = find(resources, 'Service', 'kws-stream');

    expect(matches(service.metadata.labels ?? {}, monitor.selector.matchLabels)).toBe(true);
    expect(service['spec']).toMatchObject({ ports: [{ name: monitor.endpoints[0]!.port, targetPort: 'http' }] });
    expect(monitor.endpoints[0]).toMatchObject({ path: '/metrics' });
  });

  test('Grafana and the Prometheus operator get the dashboard and the alerts that were written', () => {
    const dashboard = find(resources, 'ConfigMap', 'kws-stream-dashboard');
    const rules = find(resources, 'PrometheusRule', 'kws-stream');

    expect(dashboard['data']).toEqual({ 'kws-stream.json': read('deploy', 'observability', 'grafana-dashboard.json') });
    expect(dashboard.metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect(rules['spec']).toEqual(parse(read('deploy', 'observability', 'alerts.yaml')));
  });
});

test('overlay local is for a machine of one’s own: open, with disks of that machine', () => {
  const resources = resourcesOf('local');
  const container = podsOf(find(resources, 'Deployment', 'kws-stream'))!.spec.containers[0]!;
  const claims = resources.filter(({ kind }) => kind === 'PersistentVolumeClaim');

  expect(readSettings(environmentOf(container), PROJECT_DIRECTORY).access.isOpen).toBe(true);
  expect(claims.map(({ spec }) => spec)).toEqual(claims.map(() => expect.objectContaining({ accessModes: ['ReadWriteOnce'] }) as unknown));
});

const SelectorSchema = z.object({ matchLabels: z.record(z.string(), z.string()).default({}) });
const PeerSchema = z.object({ podSelector: SelectorSchema.optional(), namespaceSelector: SelectorSchema.optional() });
const NetworkPolicySchema = z.looseObject({
  podSelector: z.unknown(),
  policyTypes: z.array(z.string()),
  ingress: z.array(z.object({ from: z.array(PeerSchema), ports: z.array(z.looseObject({ port: z.int() })) })).default([]),
  egress: z.array(z.object({ to: z.array(PeerSchema) })).default([]),
});
const AutoscalerSchema = z.looseObject({
  metrics: z.array(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('Pods'), pods: z.looseObject({ metric: z.object({ name: z.string() }) }) }),
      z.object({ type: z.literal('Resource'), resource: z.looseObject({ name: z.string() }) }),
    ]),
  ),
});
const ServiceSchema = z.looseObject({ selector: z.record(z.string(), z.string()) });
const BudgetSchema = z.looseObject({ selector: SelectorSchema });
const PodSelectorSchema = z.looseObject({ podSelector: SelectorSchema });

/** The labels by which a resource chooses pods, if it does. */
function selectorOf({ kind, spec }: Resource): Record<string, string>[] {
  switch (kind) {
    case 'Service':
      return [ServiceSchema.parse(spec).selector];
    case 'PodDisruptionBudget':
      return [BudgetSchema.parse(spec).selector.matchLabels];
    case 'NetworkPolicy':
      return [PodSelectorSchema.parse(spec).podSelector.matchLabels];
    default:
      return [];
  }
}

function matches(labels: PodTemplate['metadata']['labels'], selector: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([label, value]) => labels[label] === value);
}

/** A container's variables as it will see them, with `<secret/key>` for what a secret holds. */
function environmentOf({ env }: Container): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of env) {
    const reference = valueFrom?.secretKeyRef;
    if (value !== undefined) environment[name] = value.replaceAll(/\$\((\w+)\)/g, (_, other: string) => environment[other] ?? '');
    else if (reference) environment[name] = `<${reference.name.replace(/-[a-z0-9]{10}$/, '')}/${reference.key}>`;
  }
  return environment;
}
