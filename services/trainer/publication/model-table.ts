/** Published models as tables for people. */

import Table from 'cli-table3';

import { STATUS_STALE_MS, type InstanceStatus } from '#shared/registry/status.ts';

import type { Agreement } from './mlflow-alias.ts';
import type { ModelRegistry } from './model-registry.ts';

const DIGEST_CHARACTERS = 12;
const BYTES_PER_MB = 1_000_000;

/** What is in force under each name. */
export async function tableOfNames(registry: ModelRegistry): Promise<string> {
  const table = plainTable(['name', 'version', 'digest', 'published', 'signed', 'on trial']);
  for (const name of await registry.names()) {
    const current = await registry.current(name);
    if (!current) continue;
    const { version, digest, publishedAt, signature, rollout } = current.pointer;
    const trial = rollout
      ? `${rollout.candidate.version}, ${rollout.mode} ${percent(rollout.share)}${rollout.halted ? ', halted' : ''}`
      : '';
    table.push([name, version, digest.slice(0, DIGEST_CHARACTERS), publishedAt, signature === undefined ? 'no' : 'yes', trial]);
  }
  return `${table.toString()}\n`;
}

/** What was in force, newest first, and which artefacts are still there. */
export async function tableOfVersions(registry: ModelRegistry, name: string): Promise<string> {
  const stored = new Map((await registry.stored(name)).map((bundle) => [bundle.object, bundle]));
  const table = plainTable(['in force since', 'version', 'digest', 'size', 'on trial', 'note']);
  for (const { pointer, movedAt } of (await registry.history(name)).reverse()) {
    const bundle = stored.get(pointer.object);
    const size = bundle ? `${(bundle.bytes / BYTES_PER_MB).toFixed(2)} MB` : 'pruned';
    const trial = pointer.rollout?.candidate.version ?? '';
    table.push([movedAt.toISOString(), pointer.version, pointer.digest.slice(0, DIGEST_CHARACTERS), size, trial, pointer.note ?? '']);
  }
  return `${table.toString()}\n`;
}

/** What each running service says. */
export function tableOfStatuses(statuses: readonly InstanceStatus[], nowMs: number): string {
  const table = plainTable(['instance', 'version', 'origin', 'sessions', 'swaps', 'said', 'refused', 'trial']);
  for (const { instance, model, origin, sessions, swaps, updatedAt, refused, rollout } of statuses) {
    const ageMs = nowMs - Date.parse(updatedAt);
    const said = `${Math.round(ageMs / 1000)} s ago${ageMs > STATUS_STALE_MS ? ' (gone)' : ''}`;
    const trial = rollout
      ? `${rollout.candidate.version} ${rollout.mode} ${rollout.state}${rollout.reason === undefined ? '' : `: ${rollout.reason}`}`
      : '';
    table.push([instance, model.version, origin, sessions, swaps, said, refused ? `${refused.version}: ${refused.code}` : '', trial]);
  }
  return `${table.toString()}\n`;
}

/** Where NATS and MLflow agree, and where not. */
export function tableOfAgreements(agreements: readonly Agreement[]): string {
  const table = plainTable(['name', 'NATS pointer', 'MLflow alias', '']);
  for (const { name, pointer, alias, isAgreed } of agreements)
    table.push([name, pointer, alias ?? 'not set', isAgreed ? 'agree' : 'DIFFER']);
  return `${table.toString()}\n`;
}

function plainTable(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
