/** What the commands on published models share: the connection for as long as they work, and the alias that follows the pointer. */

import type { NatsConnection } from 'nats';

import { aliasPublished, registrySource, type Source } from '../../publication/mlflow-alias.ts';
import { ModelRegistry, type Published } from '../../publication/model-registry.ts';
import { connectRegistry, registryFault } from '../../publication/registry-connection.ts';
import { TrackingError } from '../../tracking/tracking-error.ts';
import { mlflowConnection } from '../../tracking/tracking-settings.ts';
import type { CommandContext } from '../command.ts';
import { trackingOf } from '../tracking-of.ts';

/** Opens the registry for one piece of work. @throws {PublicationError} `registry_not_configured`, `registry_unreachable` */
export async function withRegistry<T>(
  { environment }: Pick<CommandContext, 'environment'>,
  work: (registry: ModelRegistry, connection: NatsConnection) => Promise<T>,
): Promise<T> {
  const connection = await connectRegistry(environment);
  try {
    return await work(await ModelRegistry.open(connection), connection);
  } catch (error) {
    throw registryFault(error);
  } finally {
    await connection.close();
  }
}

/**
 * Lets MLflow's alias follow the pointer, where there is a server. A server that is away does not undo what is in force: it is
 * told, and `trainer models reconcile --fix` mends it later.
 */
export async function followWithAlias(
  { environment }: Pick<CommandContext, 'environment'>,
  name: string,
  { published, source }: { readonly published: Pick<Published, 'reference'>; readonly source?: Source },
): Promise<void> {
  const connection = mlflowConnection(environment, await trackingOf(environment));
  if (!connection) return;
  try {
    const { reference } = published;
    await aliasPublished(connection, { name, reference, source: source ?? registrySource(reference) });
  } catch (error) {
    if (!(error instanceof TrackingError)) throw error;
    process.stderr.write(`MLflow's alias of ${name} was not set, \`trainer models reconcile --fix\` will: ${error.message}\n`);
  }
}
