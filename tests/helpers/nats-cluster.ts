/** Three real NATS servers with JetStream that are one cluster, on free ports of loopback. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from './free-port.ts';
import { startNats, type NatsServer } from './nats-server.ts';

export interface NatsCluster {
  /** Of all three, separated by commas. */
  readonly url: string;
  /** By the name that the cluster calls it by. */
  node(name: string): NatsServer;
  remove(): Promise<void>;
}

const NAMES = ['n1', 'n2', 'n3'];

/** Starts all; they have a leader when JetStream first answers. */
export async function startNatsCluster(): Promise<NatsCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'kws-nats-cluster-'));
  const ports = await Promise.all(NAMES.map(() => freePort()));
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(', ');
  const nodes = new Map<string, NatsServer>();
  await Promise.all(
    NAMES.map(async (name, i) => {
      const config = join(folder, `${name}.conf`);
      writeFileSync(
        config,
        `server_name: ${name}
jetstream { store_dir: $STORE_DIR }
cluster { name: kws, listen: "127.0.0.1:${ports[i]}", routes: [${routes}] }
`,
      );
      nodes.set(name, await startNats({ config }));
    }),
  );
  return {
    url: [...nodes.values()].map(({ url }) => url).join(','),
    node: (name) => {
      const node = nodes.get(name);
      if (!node) throw new RangeError(`the cluster has no ${name}`);
      return node;
    },
    remove: async () => {
      await Promise.all([...nodes.values()].map((node) => node.remove()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
