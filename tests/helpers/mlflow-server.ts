/** A real MLflow server: sqlite in a temporary folder, files served through its proxy. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { programOf } from './parts.ts';
import { startPythonServer, type PythonServer } from './python-server.ts';

export interface MlflowServer extends PythonServer {
  /** Starts it again on the same port with the same data. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

/** Where files go, and what the server must know for it. */
export interface MlflowOptions {
  /** A folder of its own unless told. */
  readonly artefactsDestination?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export async function startMlflow({ artefactsDestination, environment = {} }: MlflowOptions = {}): Promise<MlflowServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kws-mlflow-'));
  const start = (port?: number): Promise<PythonServer> =>
    startPythonServer({
      program: programOf('mlflow'),
      readyPath: '/health',
      environment: { MLFLOW_DISABLE_TELEMETRY: 'true', ...environment },
      port,
      args: (own) => [
        ...['server', '--host', '127.0.0.1', '--port', String(own), '--workers', '1', '--allowed-hosts', `127.0.0.1:${own}`],
        ...['--backend-store-uri', `sqlite:///${folder}/runs.db`, '--serve-artifacts'],
        ...['--artifacts-destination', artefactsDestination ?? join(folder, 'artefacts')],
      ],
    });
  let server = await start();
  return {
    url: server.url,
    port: server.port,
    stop: () => server.stop(),
    restart: async () => {
      server = await start(server.port);
    },
    remove: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The Python interpreter that has MLflow. */
export function mlflowPython(): string {
  return join(dirname(programOf('mlflow')), 'python');
}
