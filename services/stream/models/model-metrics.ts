/** What is counted of models, for Prometheus. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

import type { Manifest } from '#shared/model/manifest.ts';

import type { ModelOrigin } from './model-source.ts';

/** Which models a name stands for now. */
export interface ShownModel {
  readonly manifest: Manifest;
  readonly origin: ModelOrigin;
  readonly candidate: { readonly manifest: Manifest; readonly mode: string; readonly share: number } | undefined;
}

export type ModelMetrics = ReturnType<typeof createModelMetrics>;

/** Adds them to a registry. */
export function createModelMetrics(registry: Registry) {
  const registers = [registry];
  const info = new Gauge({
    name: 'kws_model_info',
    help: '1 for each model in force, and for each candidate on trial.',
    labelNames: ['name', 'version', 'digest', 'role'],
    aggregator: 'max',
    registers,
  });
  const origin = new Gauge({
    name: 'kws_model_origin',
    help: '1 for where the model in force is from: file, registry, cache (the last good one), shipped.',
    labelNames: ['name', 'origin'],
    aggregator: 'max',
    registers,
  });
  const share = new Gauge({
    name: 'kws_rollout_share',
    help: 'Share of sessions that a candidate on trial hears.',
    labelNames: ['name', 'mode'],
    aggregator: 'max',
    registers,
  });
  return {
    swaps: new Counter({ name: 'kws_model_swaps_total', help: 'Models put in force after the first.', labelNames: ['name'], registers }),
    refused: new Counter({
      name: 'kws_model_refused_total',
      help: 'Models and pointers refused, by code; the model in force stayed.',
      labelNames: ['name', 'code'],
      registers,
    }),
    loadSeconds: new Histogram({
      name: 'kws_model_load_seconds',
      help: 'From a new pointer to a model that is ready: fetch, checks, self-test.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
      registers,
    }),
    registryConnected: new Gauge({
      name: 'kws_registry_connected',
      help: '1 while there is a connection to NATS.',
      aggregator: 'min',
      registers,
    }),
    ...createRolloutMetrics(registers),
    /** Shows which models a name stands for. */
    show: createShow({ info, origin, share }),
  };
}

function createRolloutMetrics(registers: Registry[]) {
  const count = (what: string, help: string): Counter<'name' | 'side'> =>
    new Counter({ name: `kws_rollout_${what}_total`, help, labelNames: ['name', 'side'], registers });
  return {
    rolloutCounts: {
      sessions: count('sessions', 'Sessions heard during a rollout, by incumbent and candidate.'),
      errors: count('errors', 'Of them, those that failed by a fault of the service.'),
      events: count('events', 'Keywords heard in them.'),
    },
    disagreements: new Counter({
      name: 'kws_rollout_disagreements_total',
      help: 'Shadow: keywords that only one of the two heard.',
      labelNames: ['name', 'only_heard_by'],
      registers,
    }),
    halted: new Counter({
      name: 'kws_rollout_halted_total',
      help: 'Rollouts ended because the candidate left its band.',
      labelNames: ['name'],
      registers,
    }),
  };
}

interface ShownGauges {
  readonly info: Gauge<'name' | 'version' | 'digest' | 'role'>;
  readonly origin: Gauge<'name' | 'origin'>;
  readonly share: Gauge<'name' | 'mode'>;
}

function createShow({ info, origin, share }: ShownGauges) {
  const shown = new Map<string, ShownModel>();
  const factsOf = ({ version, digest }: Manifest): { version: string; digest: string } => ({ version, digest });
  return (name: string, next: ShownModel): void => {
    const before = shown.get(name);
    if (before) {
      info.remove({ name, ...factsOf(before.manifest), role: 'incumbent' });
      origin.remove({ name, origin: before.origin });
    }
    if (before?.candidate) {
      info.remove({ name, ...factsOf(before.candidate.manifest), role: 'candidate' });
      share.remove({ name, mode: before.candidate.mode });
    }
    shown.set(name, next);
    info.set({ name, ...factsOf(next.manifest), role: 'incumbent' }, 1);
    origin.set({ name, origin: next.origin }, 1);
    if (!next.candidate) return;
    info.set({ name, ...factsOf(next.candidate.manifest), role: 'candidate' }, 1);
    share.set({ name, mode: next.candidate.mode }, next.candidate.share);
  };
}
