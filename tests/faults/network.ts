/** Faults of the network, in one of the process's own: packets lost or late, and connections of which one end is gone. */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { WebSocket } from 'ws';

import { findProgram } from '../../scripts/lib/command.mjs';
import type { Fault } from './fault.ts';
import { checkReadyAgain, checkSessions, until } from './recovery.ts';
import { startUnderLoad } from './started.ts';

const FAULT_MS = 8000;
const LOST_SHARE = '0.03';
const DELAY = ['delay', '80ms', '40ms'];
const HALF_OPEN = 4;
const SESSIONS = 4;
/** Short, to see the end of it; the defaults are 20 s and 60 s. */
const PINGS = { PING_INTERVAL_MS: '1000', PING_TIMEOUT_MS: '4000' };
const NOTICE_PATIENCE_MS = 20_000;

export const packetLoss: Fault = {
  name: 'packet-loss',
  describe: `${Number(LOST_SHARE) * 100} % of all packets are lost, both ways`,
  isAlone: true,
  obstacle: needsIptables,
  run: async (report) => {
    await using started = await startUnderLoad();
    const { service, load } = started;
    const rule = ['-p', 'tcp', '-m', 'statistic', '--mode', 'random', '--probability', LOST_SHARE, '-j', 'DROP'];

    iptables(['-A', 'INPUT', ...rule]);
    await wait(FAULT_MS);
    const lost = /(\d+)\s+\d+\s+DROP/.exec(iptables(['-vxnL', 'INPUT']))?.[1];
    iptables(['-F', 'INPUT']);

    report.check('packets were lost', Number(lost) > 0, `${lost} packets in ${FAULT_MS / 1000} s`);
    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
  },
};

export const packetDelay: Fault = {
  name: 'packet-delay',
  describe: `every packet takes ${DELAY.slice(1).join(' ± ')}`,
  isAlone: true,
  obstacle: () => (tc(['add', ...DELAY]) && tc(['del']) ? undefined : 'the kernel has no netem (or ip and tc are missing)'),
  run: async (report) => {
    await using started = await startUnderLoad();
    const { service, load } = started;

    tc(['add', ...DELAY]);
    await wait(FAULT_MS);
    tc(['del']);

    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
  },
};

export const halfOpen: Fault = {
  name: 'half-open',
  describe: `${HALF_OPEN} clients vanish without a word, as a phone without a network does`,
  isAlone: true,
  obstacle: needsIptables,
  run: async (report) => {
    await using started = await startUnderLoad({ environment: PINGS }, { sessions: SESSIONS });
    const { service, load } = started;
    const vanished = await Promise.all(Array.from({ length: HALF_OPEN }, () => openSession(service.url)));
    await until(async () => (await service.scrape()).sum('kws_sessions') === SESSIONS + HALF_OPEN, NOTICE_PATIENCE_MS);

    for (const { tcp } of vanished)
      for (const side of ['--sport', '--dport']) iptables(['-A', 'INPUT', '-p', 'tcp', side, String(tcp.localPort), '-j', 'DROP']);
    const noticedMs = await until(async () => (await service.scrape()).sum('kws_sessions') <= SESSIONS, NOTICE_PATIENCE_MS);

    report.check(
      'their sessions are given up',
      noticedMs !== undefined,
      `${((noticedMs ?? NaN) / 1000).toFixed(1)} s, with ${JSON.stringify(PINGS)}`,
    );
    const ended = (await service.scrape()).all('kws_sessions_ended_total').map(({ labels, value }) => `${value} × ${labels['code']}`);
    report.note(`kws_sessions_ended_total: ${ended.join(', ')}`);
    iptables(['-F', 'INPUT']);
    for (const { socket } of vanished) socket.terminate();
    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
  },
};

/** A session that has begun, and the connection under it. */
async function openSession(url: string): Promise<{ readonly socket: WebSocket; readonly tcp: Socket }> {
  let tcp: Socket | undefined;
  const createConnection = (options: object): Socket => (tcp = connectTcp(options as TcpNetConnectOpts)); // as ws has made them
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`, 'kws.v1', { createConnection });
  socket.on('error', () => undefined); // it is cut off in the end
  await once(socket, 'open');
  socket.send('{"type":"start","sampleRate":16000,"encoding":"pcm_s16le","channels":1}');
  await once(socket, 'message');
  if (tcp === undefined) throw new Error('a socket without a connection');
  return { socket, tcp };
}

function needsIptables(): string | undefined {
  return findProgram(['iptables'], `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`) === undefined ? 'iptables is missing' : undefined;
}

function iptables(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('iptables', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`iptables ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** @returns whether the kernel did it */
function tc([verb = '', ...netem]: readonly string[]): boolean {
  return spawnSync('tc', ['qdisc', verb, 'dev', 'lo', 'root', ...(netem.length > 0 ? ['netem', ...netem] : [])]).status === 0;
}
