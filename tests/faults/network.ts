/** Faults of the network: packets lost and clients gone in one of the process's own, and lines that are slow, stalled or cut. */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { WebSocket } from 'ws';

import { findProgram } from '../../scripts/lib/command.mjs';
import type { BuiltService } from '../helpers/built-service.ts';
import type { Fault } from './fault.ts';
import { checkReadyAgain, checkSessions, until } from './recovery.ts';
import { GOOD_LINE, Relay, type Line } from './relay.ts';
import { startService, startUnderLoad } from './started.ts';
import { StreamingLoad } from './streaming-load.ts';

const FAULT_MS = 8000;
const LOST_SHARE = '0.03';
/** A phone at the edge of its network; a session needs some 270 kbit/s. */
const SLOW_LINE: Line = { delayMs: 80, jitterMs: 40, bytesPerSecond: 40_000 };
/** A hand-over from one network to another. */
const STALL_MS = 4000;
const HALF_OPEN = 4;
const SESSIONS = 4;
const BEHIND_RELAY = 8;
const SESSION_SECONDS = 12;
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

export const slowLine: Fault = {
  name: 'slow-line',
  describe: `every piece takes ${SLOW_LINE.delayMs} ± ${SLOW_LINE.jitterMs} ms each way, at ${(SLOW_LINE.bytesPerSecond * 8) / 1000} kbit/s`,
  run: async (report) => {
    await using started = await startBehindRelay();
    const { service, load, relay } = started;

    relay.line = SLOW_LINE;
    await wait(FAULT_MS);
    relay.line = GOOD_LINE;

    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
  },
};

export const stalledLine: Fault = {
  name: 'stalled-line',
  describe: `nothing passes for ${STALL_MS / 1000} s and nothing is closed; then what has waited comes at once`,
  run: async (report) => {
    await using started = await startBehindRelay();
    const { service, load, relay } = started;

    relay.stall();
    await wait(STALL_MS);
    report.check('no session is given up meanwhile', load.broken.length === 0 && load.streaming > 0, `${load.streaming} stream`);
    relay.goOn();

    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
  },
};

export const cutLine: Fault = {
  name: 'cut-line',
  describe: 'every other connection is cut without a close frame',
  run: async (report) => {
    await using started = await startBehindRelay();
    const { service, load, relay } = started;
    const streaming = load.streaming;

    const lost = relay.cutHalf();

    await checkReadyAgain(service, report);
    const backMs = await until(() => load.broken.length >= lost && load.streaming === streaming, NOTICE_PATIENCE_MS);
    report.check('those cut off stream again', backMs !== undefined, `${lost} after ${((backMs ?? NaN) / 1000).toFixed(1)} s`);
    await checkSessions(load, report, { lost });
    const ended = (await service.scrape()).all('kws_sessions_ended_total').map(({ labels, value }) => `${value} × ${labels['code']}`);
    report.note(`kws_sessions_ended_total: ${ended.join(', ')}`);
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

/** As other faults begin, with every session of the load behind a relay. */
async function startBehindRelay(): Promise<
  AsyncDisposable & { readonly service: BuiltService; readonly load: StreamingLoad; readonly relay: Relay }
> {
  const service = await startService();
  const relay = await Relay.start(service.url);
  const load = await StreamingLoad.start({ url: relay.url, sessions: BEHIND_RELAY, sessionSeconds: SESSION_SECONDS });
  const stop = async (): Promise<void> => {
    relay.close();
    await service.stop();
  };
  return { service, load, relay, [Symbol.asyncDispose]: stop };
}

function needsIptables(): string | undefined {
  return findProgram(['iptables'], `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`) === undefined ? 'iptables is missing' : undefined;
}

function iptables(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('iptables', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`iptables ${args.join(' ')}: ${stderr}`);
  return stdout;
}
