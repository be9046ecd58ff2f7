/** The alias on MLflow that says the same as the pointer on NATS. The pointer is the truth; the alias is for people and other tools. */

import type { ModelReference } from '#shared/registry/model-reference.ts';

import type { MlflowConnection } from '../tracking/mlflow-http.ts';
import {
  createVersion,
  ensureRegisteredModel,
  setAlias,
  versionByAlias,
  versionsTagged,
  type RegisteredVersion,
} from '../tracking/mlflow-models.ts';
import type { ModelRegistry } from './model-registry.ts';

/** What is in force. */
export const CURRENT_ALIAS = 'current';
const BUNDLE_TAG = 'kws.bundleDigest';

/** What NATS and MLflow say of one name. */
export interface Agreement {
  readonly name: string;
  readonly isAgreed: boolean;
  /** The version that NATS has in force. */
  readonly pointer: string;
  /** What MLflow's alias stands for; `undefined` when it is not set. */
  readonly alias: string | undefined;
}

/** Where a published model came from. */
export interface Source {
  readonly runId?: string | undefined;
  readonly uri: string;
}

/** Registers what was published, once, and lets the alias stand for it. @throws {TrackingError} */
export async function aliasPublished(
  connection: MlflowConnection,
  { name, reference, source }: { readonly name: string; readonly reference: ModelReference; readonly source: Source },
): Promise<RegisteredVersion> {
  await ensureRegisteredModel(connection, name);
  const [known] = await versionsTagged(connection, name, { key: BUNDLE_TAG, value: reference.bundleDigest });
  const tags = new Map([
    [BUNDLE_TAG, reference.bundleDigest],
    ['kws.version', reference.version],
    ['kws.digest', reference.digest],
    ['kws.object', reference.object],
  ]);
  const registered = known ?? (await createVersion(connection, name, { source: source.uri, runId: source.runId, tags }));
  await setAlias(connection, name, { alias: CURRENT_ALIAS, number: registered.number });
  return registered;
}

/** Compares pointer and alias of every name. @throws {TrackingError} */
export async function agreements(connection: MlflowConnection, registry: ModelRegistry): Promise<Agreement[]> {
  const compared: Agreement[] = [];
  for (const name of await registry.names()) {
    const current = await registry.current(name);
    if (!current) continue;
    const version = await versionByAlias(connection, name, CURRENT_ALIAS);
    compared.push({
      name,
      isAgreed: version?.tags.get(BUNDLE_TAG) === current.pointer.bundleDigest,
      pointer: current.pointer.version,
      alias: version?.tags.get('kws.version') ?? version?.number,
    });
  }
  return compared;
}

/** Where an artefact is that was published without a run. */
export function registrySource(reference: ModelReference): Source {
  return { uri: `nats://kws_models/${reference.object}` };
}
