/** Faults of the machine: no disk, no descriptors, no memory, another time. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { WebSocket } from 'ws';

import { MANIFEST_FILE, WEIGHTS_FILE } from '#shared/model/artefact.ts';

import { findProgram } from '../../scripts/lib/command.mjs';
import { readModelFiles } from '../../services/stream/models/model-files.ts';
import type { BuiltService } from '../helpers/built-service.ts';
import { freePort } from '../helpers/free-port.ts';
import { DEFAULT_MODEL_DIRECTORY } from '../helpers/test-server.ts';
import type { Fault, FaultReport } from './fault.ts';
import { checkReadyAgain, checkSessions, takesSession, until } from './recovery.ts';
import { startUnderLoad } from './started.ts';
import { noteLog } from './workers.ts';

const PATIENCE_MS = 30_000;
/** Room for one model and half of another. */
const SMALL_DISK = '2200k';
const DESCRIPTORS = 64;
const CONNECTIONS = 80;
const LIBFAKETIME = ['/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1', '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1'];
const CGROUP = '/sys/fs/cgroup/memory/kws-fault';
const MEBIBYTE = 1024 ** 2;
/** What takes the memory that is left. */
const STARVING_SESSIONS = 500;

/** What keeps us from mounts and control groups. */
export const isRoot = (): string | undefined => (process.getuid?.() === 0 ? undefined : 'only root may do it');

export const diskFullModels: Fault = {
  name: 'disk-full-models',
  describe: 'the disk under the watched folder is full while a new model is written',
  isAlone: true,
  obstacle: isRoot,
  run: async (report) => {
    const folder = await mkdtemp(join(tmpdir(), 'kws-fault-disk-'));
    mountSmallDisk(folder, SMALL_DISK);
    const { manifestJson, weightsBytes } = await readModelFiles(DEFAULT_MODEL_DIRECTORY);
    const next = manifestJson.replace(/"version": *"[^"]*"/, '"version": "2.0.0"');
    await writeFile(join(folder, WEIGHTS_FILE), weightsBytes);
    await writeFile(join(folder, MANIFEST_FILE), manifestJson);
    await using started = await startUnderLoad({ environment: { MODEL_SOURCE: `file:${folder}` } }, { sessions: 4 });
    const { service, load } = started;

    const draft = await writeFile(join(folder, `${WEIGHTS_FILE}.new`), weightsBytes).catch((error: unknown) => String(error));
    report.check('the disk is full', String(draft).includes('ENOSPC'), String(draft));
    await truncate(join(folder, WEIGHTS_FILE), weightsBytes.length / 2); // written in place, as one should not, and not to the end
    const refusedMs = await until(() => hasLogged(service, 'model refused; the one in force stays'), PATIENCE_MS);
    report.check('half a model is refused', refusedMs !== undefined);
    await rm(join(folder, `${WEIGHTS_FILE}.new`));
    await writeFile(join(folder, WEIGHTS_FILE), weightsBytes);
    await writeFile(join(folder, MANIFEST_FILE), next);

    const swappedMs = await until(() => hasLogged(service, 'model swapped'), PATIENCE_MS);
    report.check(
      'the whole model is taken once there is room',
      swappedMs !== undefined,
      `after ${((swappedMs ?? NaN) / 1000).toFixed(1)} s`,
    );
    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
    noteLog(service, ['model refused; the one in force stays'], report.note);
  },
};

export const clockJump: Fault = {
  name: 'clock-jump',
  describe: 'the time of day jumps a day ahead, then a week back',
  obstacle: () => (LIBFAKETIME.some((path) => existsSync(path)) ? undefined : 'libfaketime is missing (Debian: apt-get install faketime)'),
  run: async (report) => {
    const folder = await mkdtemp(join(tmpdir(), 'kws-fault-clock-'));
    const clock = join(folder, 'clock');
    writeFileSync(clock, '+0');
    const environment = {
      LD_PRELOAD: LIBFAKETIME.find((path) => existsSync(path)) ?? '',
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    await using started = await startUnderLoad({ environment });
    const { service, load } = started;
    for (const [jump, shiftMs] of [
      ['+1d', 86_400_000],
      ['-7d', -7 * 86_400_000],
    ] as const) {
      writeFileSync(clock, jump);
      await takesSession(service.url);
      const seenMs = Date.parse((await fetch(service.url)).headers.get('date') ?? '');
      report.check(`the service’s clock shows ${jump}`, Math.abs(seenMs - Date.now() - shiftMs) < 60_000, new Date(seenMs).toISOString());
      await wait(3000);
    }
    writeFileSync(clock, '+0');
    await checkReadyAgain(service, report);
    await checkSessions(load, report, { lost: 0 });
    await rm(folder, { recursive: true });
  },
};

/** @param workers - with several the port is the supervisor's, and sockets are handed on */
function noDescriptors(workers: number): Fault {
  return {
    name: workers === 1 ? 'no-descriptors' : 'no-descriptors-workers',
    describe: `${CONNECTIONS} idle connections to a service that may open ${DESCRIPTORS} files, ${workers} ${workers === 1 ? 'process' : 'workers'}`,
    obstacle: () => (findProgram(['prlimit'], process.env['PATH'] ?? '') === undefined ? 'prlimit (util-linux) is missing' : undefined),
    run: async (report) => {
      const folder = await mkdtemp(join(tmpdir(), 'kws-fault-files-'));
      const { manifestJson, weightsBytes } = await readModelFiles(DEFAULT_MODEL_DIRECTORY);
      await writeFile(join(folder, WEIGHTS_FILE), weightsBytes);
      await writeFile(join(folder, MANIFEST_FILE), manifestJson);
      const environment = { WORKERS: String(workers), MODEL_SOURCE: `file:${folder}`, START_TIMEOUT_MS: '60000' };
      await using started = await startUnderLoad({ environment, wrapper: ['prlimit', `--nofile=${DESCRIPTORS}`] }, { sessions: 4 });
      const { service, load } = started;

      const idle = Array.from({ length: workers * CONNECTIONS }, () => idleSocket(service.url));
      await wait(2000);
      const open = idle.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
      report.check('not all are taken', open < idle.length, `${open} of ${idle.length} are open`);
      report.note(
        `a new session is ${(await takesSession(service.url)) ? 'taken, as others were closed for want of a descriptor' : 'not taken'}`,
      );
      await writeFile(join(folder, MANIFEST_FILE), manifestJson.replace(/"version": *"[^"]*"/, '"version": "2.0.0"'));
      await wait(2000);
      for (const socket of idle) socket.terminate();

      await checkReadyAgain(service, report);
      const swappedMs = await until(() => hasLogged(service, 'model swapped'), PATIENCE_MS);
      report.check('a model that came meanwhile is served', swappedMs !== undefined, `after ${((swappedMs ?? NaN) / 1000).toFixed(1)} s`);
      await checkSessions(load, report, { lost: 0 });
      noteLog(service, ['model refused; the one in force stays', 'worker crashed'], report.note);
      await rm(folder, { recursive: true });
    },
  };
}

export const noDescriptorsAlone = noDescriptors(1);
export const noDescriptorsWorkers = noDescriptors(2);

export const memoryLimit: Fault = {
  name: 'memory-limit',
  describe: 'a control group without memory for its two workers: the kernel ends one or both',
  obstacle: () =>
    isRoot() ??
    (existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes') ? undefined : 'there is no memory control group (version 1) here'),
  run: async (report) => {
    mkdirSync(CGROUP, { recursive: true });
    try {
      // a port of its own: when all workers are gone, so is one that the system chose
      const enter = `echo $$ > ${CGROUP}/cgroup.procs && exec "$@"`;
      await using started = await startUnderLoad({
        environment: { PORT: String(await freePort()), WORKERS: '2', MAX_SESSIONS_PER_ADDRESS: '5000', MAX_SESSIONS: '5000' },
        wrapper: ['sh', '-c', enter, 'sh'],
      });
      await starve(started.service, report);
      await until(() => started.load.streaming === 8, PATIENCE_MS);
      const { broken } = started.load;
      await checkSessions(started.load, report, { lost: broken.length });
      noteLog(started.service, ['worker crashed'], report.note);
    } finally {
      rmdirSync(CGROUP);
    }
  },
};

/** Takes memory away until the kernel ends a process, and gives it back. */
async function starve(service: BuiltService, report: FaultReport): Promise<void> {
  const pids = await service.pids();
  const limitBytes = Number(readFileSync(`${CGROUP}/memory.usage_in_bytes`, 'utf8')) + 2 * MEBIBYTE;
  writeFileSync(`${CGROUP}/memory.limit_in_bytes`, String(limitBytes));
  const idle = Array.from({ length: STARVING_SESSIONS }, () => idleSocket(service.url, true));
  const endedMs = await until(async () => service.hasExited || (await service.pids()).some((pid) => !pids.includes(pid)), PATIENCE_MS);
  writeFileSync(`${CGROUP}/memory.limit_in_bytes`, '-1');
  for (const socket of idle) socket.terminate();
  report.check(
    'a worker was ended by the kernel, the supervisor goes on',
    endedMs !== undefined && !service.hasExited,
    `limit ${(limitBytes / MEBIBYTE).toFixed(0)} MiB`,
  );
  await checkReadyAgain(service, report);
}

/** Opened, and then nothing, or no more than `start`. */
function idleSocket(url: string, starts = false): WebSocket {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`, 'kws.v1');
  socket.on('error', () => undefined); // refused or cut off: as it is meant
  if (starts) socket.on('open', () => socket.send('{"type":"start","sampleRate":16000,"encoding":"pcm_s16le","channels":1}'));
  return socket;
}

/** In the mount namespace of this process alone: nobody else sees it, and it goes with the process. */
export function mountSmallDisk(folder: string, size: string): void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a small disk could not be mounted: ${stderr}`);
}

function hasLogged(service: BuiltService, message: string): boolean {
  return service.log.some(({ msg }) => msg === message);
}
