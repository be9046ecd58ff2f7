/** A real NATS server with JetStream, on a free port, its data in a temporary folder. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { programOf } from './parts.ts';

export interface NatsServer {
  /** `nats://127.0.0.1:PORT`; the same after a restart. */
  readonly url: string;
  /** Ends it at once, as a power cut does; its data stay. */
  stop(): Promise<void>;
  /** Starts it again on the same port. `isWiped`: without the data it had. */
  restart(options?: { readonly isWiped?: boolean }): Promise<void>;
  /** Freezes it; what comes back lets it go on. */
  pause(): () => void;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

export interface NatsOptions {
  /** A configuration file, whose JetStream is in `$STORE_DIR`; without, everybody may do everything. */
  readonly config?: string;
  /** Variables that the configuration names. */
  readonly environment?: Readonly<Record<string, string>>;
}

export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kws-nats-'));
  const launch = (port: number): ReturnType<typeof launchServer> => launchServer(folder, port, options);
  let running = await launch(-1);
  const { port } = running;
  return {
    url: `nats://127.0.0.1:${port}`,
    stop: () => end(running.child),
    restart: async ({ isWiped = false } = {}) => {
      await end(running.child);
      if (isWiped) rmSync(join(folder, 'jetstream'), { recursive: true, force: true });
      running = await launch(port);
    },
    pause: () => {
      const { child } = running;
      child.kill('SIGSTOP');
      return () => void child.kill('SIGCONT');
    },
    remove: async () => {
      await end(running.child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @param port - -1 for any free one */
async function launchServer(
  folder: string,
  port: number,
  { config, environment = {} }: NatsOptions,
): Promise<{ child: ChildProcess; port: number }> {
  const configured = config === undefined ? ['-js', '-sd', folder] : ['-c', config];
  const child = spawn(programOf('nats-server'), [...configured, '-a', '127.0.0.1', '-p', String(port)], {
    env: { ...process.env, STORE_DIR: folder, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let listening = port;
  let said = '';
  for await (const line of createInterface(child.stderr)) {
    said += `${line}\n`;
    listening = Number(/Listening for client connections on .*:(\d+)$/.exec(line)?.[1] ?? listening);
    if (!line.includes('Server is ready')) continue;
    child.stderr.resume();
    return { child, port: listening };
  }
  throw new Error(`nats-server did not start: ${said}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
