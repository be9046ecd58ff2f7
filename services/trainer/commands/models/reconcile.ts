/** `trainer models reconcile`: whether NATS and MLflow say the same. */

import { agreements, aliasPublished, registrySource, type Agreement } from '../../publication/mlflow-alias.ts';
import { tableOfAgreements } from '../../publication/model-table.ts';
import type { ModelRegistry } from '../../publication/model-registry.ts';
import { PublicationError } from '../../publication/publication-error.ts';
import type { MlflowConnection } from '../../tracking/mlflow-http.ts';
import { mlflowConnection } from '../../tracking/tracking-settings.ts';
import type { Command, CommandContext } from '../command.ts';
import { trackingOf } from '../tracking-of.ts';
import { withRegistry } from './with-registry.ts';

/** Compares the pointers on NATS with the aliases on MLflow; the pointers are right. */
export function reconcileCommand(context: CommandContext): Command<{ readonly fix: boolean }> {
  return {
    command: 'reconcile',
    describe: "compare NATS's pointers with MLflow's aliases; fails when they differ",
    builder: (command) => command.option('fix', { type: 'boolean', default: false, describe: 'let the aliases follow the pointers' }),
    handler: async ({ fix }) => {
      const mlflow = mlflowConnection(context.environment, await trackingOf(context.environment));
      if (!mlflow) throw new PublicationError('registry_not_configured', 'name the MLflow server in MLFLOW_TRACKING_URI');
      await withRegistry(context, async (registry) => {
        if (fix) await mend(mlflow, registry);
        const compared = await agreements(mlflow, registry);
        process.stdout.write(tableOfAgreements(compared));
        assertAgreed(compared);
      });
    },
  };
}

async function mend(mlflow: MlflowConnection, registry: ModelRegistry): Promise<void> {
  for (const { name, isAgreed } of await agreements(mlflow, registry)) {
    const current = isAgreed ? undefined : await registry.current(name);
    if (current) await aliasPublished(mlflow, { name, reference: current.pointer, source: registrySource(current.pointer) });
  }
}

/** @throws {PublicationError} `reconcile_disagrees` */
function assertAgreed(compared: readonly Agreement[]): void {
  const differing = compared.filter(({ isAgreed }) => !isAgreed).map(({ name }) => name);
  if (differing.length === 0) return;
  throw new PublicationError('reconcile_disagrees', `NATS and MLflow differ on ${differing.join(', ')}: \`--fix\` lets MLflow follow`);
}
