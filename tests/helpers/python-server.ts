/** A server written in Python on a free port, ended with the test file. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** Importing a hundred packages takes long on a busy machine. */
const START_LIMIT_MS = 100_000;
const POLL_MS = 200;

export interface PythonServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Ends it at once, as a power cut does. */
  stop(): Promise<void>;
}

export interface PythonServerOptions {
  readonly program: string;
  readonly args: (port: number) => readonly string[];
  /** Answers 200 when the server is ready. */
  readonly readyPath: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A free one unless told. */
  readonly port?: number | undefined;
}

/** Starts a server and waits until it answers. @throws {Error} with its output when it does not */
export async function startPythonServer({
  program,
  args,
  readyPath,
  environment,
  port: wanted,
}: PythonServerOptions): Promise<PythonServer> {
  const port = wanted ?? (await freePort());
  const child = spawn(program, args(port), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own: these servers have children
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await answers(`${url}${readyPath}`))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await endGroup(child);
      throw new Error(`${program} did not come up: ${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return { url, port, stop: () => endGroup(child) };
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await exited;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false; // not yet listening
  }
}

/** A port that nobody uses just now; these servers cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
