/** A real HAProxy before some servers: TCP through, and only to those that say they are ready. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { freePort } from './free-port.ts';
import { programOf } from './parts.ts';

/** How soon it notices that a server is ready, or is not any more. */
const CHECK_INTERVAL_MS = 100;
const START_LIMIT_MS = 60_000;
const RETRY_MS = 50;

export interface Balancer {
  readonly port: number;
  /** Resolves when it sends connections to this many of its servers. */
  untilUp(servers: number): Promise<void>;
}

/** Starts it for one test before servers on these ports of loopback. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const folder = mkdtempSync(join(tmpdir(), 'kws-haproxy-'));
  const port = await freePort();
  const control = join(folder, 'control');
  const config = join(folder, 'haproxy.cfg');
  writeFileSync(config, configuration({ port, ports, control }));
  const child = spawn(programOf('haproxy'), ['-db', '-f', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  onTestFinished(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true });
  });
  return {
    port,
    untilUp: async (servers) => {
      const deadlineMs = performance.now() + START_LIMIT_MS;
      while ((await serversUp(control)) !== servers) {
        if (performance.now() > deadlineMs) throw new Error(`haproxy did not find ${servers} servers ready within ${START_LIMIT_MS} ms`);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    },
  };
}

interface Layout {
  readonly port: number;
  readonly ports: readonly number[];
  readonly control: string;
}

function configuration({ port, ports, control }: Layout): string {
  const servers = ports.map(
    (server, index) => `  server stream-${index} 127.0.0.1:${server} check inter ${CHECK_INTERVAL_MS} fall 1 rise 1`,
  );
  return `
global
  stats socket ${control}
defaults
  mode tcp
  timeout connect 1s
  timeout client 1h
  timeout server 1h
  timeout check 2s
  option redispatch
  retries 3
listen stream
  bind 127.0.0.1:${port}
  balance leastconn
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host stream
${servers.join('\n')}
`;
}

/** How many servers it says are up. */
async function serversUp(control: string): Promise<number> {
  const socket = connect(control);
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString()));
  socket.on('error', () => undefined); // it is not there yet: no server is up
  socket.end('show stat\n');
  await once(socket, 'close');
  return text.split('\n').filter((line) => /^stream,stream-\d+,/.test(line) && line.split(',')[17]?.startsWith('UP')).length;
}
