/** All benchmarks, in the order of the page. */

import { join } from 'node:path';

import { findProgram } from '../../scripts/lib/command.mjs';
import { hasGo, findGoTool } from '../../scripts/lib/go-tools.mjs';
import { findParts, type PartName } from '../../scripts/lib/parts.mjs';
import type { Benchmark } from './benchmark.ts';

const SPEECH_COMMANDS = 'speech_commands';
/** Two hours, the start, and the end of the last sessions. */
const SOAK_LIMIT_MINUTES = 150;

export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: 'kernel',
    title: 'The kernel beside its alternatives',
    answers:
      'What a window of speech costs, computed by the kernel and by the engines one would take instead: the same weights, the same audio, one thread, rounds interleaved. An engine that gives other posteriors is refused.',
    script: 'bench',
    limitMinutes: 20,
  },
  {
    name: 'stream',
    title: 'The service under load',
    answers:
      'How many live streams one core carries over real sockets with every event in time and none lost, what they and those that wait take in memory, and what happens at twice as many.',
    script: 'bench:stream',
    limitMinutes: 10,
  },
  ...(
    [
      ['steady', 'Steady load, by k6', 'The same from the outside: k6 streams speech in real time, and every keyword must come back.'],
      ['ramp', 'Ever more sessions', 'Where the service begins to refuse, and whether those that it took still hear everything in time.'],
      ['reconnect-storm', 'All cut off, and all back', 'Three times all sessions are cut off at once: how soon all stream again.'],
      ['slow-readers', 'Clients that do not read', 'Whether sessions beside clients that never read notice those.'],
      ['upload', 'Uploads at once', 'Recordings uploaded as fast as the answers come.'],
    ] as const
  ).map(([scenario, title, answers]): Benchmark => ({
    name: `load-${scenario}`,
    title,
    answers,
    script: 'load',
    args: () => [scenario, '--output', 'bench/results'],
    limitMinutes: 12,
    obstacle: needsK6,
  })),
  {
    name: 'load-rig',
    title: 'What k6 can send',
    answers: 'Ever more sockets to a server that hears nothing: beyond what k6 sends in time, its figures say nothing of the service.',
    script: 'load:rig',
    limitMinutes: 8,
    obstacle: needsK6,
    printsOn: 'stdout',
  },
  {
    name: 'soak',
    title: 'Two hours at 70 %',
    answers: 'Whether memory grows, latency creeps or an event is lost in two hours at 70 % of the sessions that a core carries.',
    script: 'load',
    args: () => ['soak', '--minutes', '120'],
    limitMinutes: SOAK_LIMIT_MINUTES,
    obstacle: needsK6,
    isLong: true,
  },
  {
    name: 'connects',
    title: 'Ten thousand connects a second',
    answers: 'What a storm of connections that ask for a session and vanish does to a session beside it.',
    script: 'bench:connects',
    limitMinutes: 4,
    printsOn: 'stdout',
  },
  {
    name: 'upload',
    title: 'Uploads',
    answers: 'How much of a core an uploaded hour takes, by rate, channels and form.',
    script: 'bench:upload',
    limitMinutes: 8,
    printsOn: 'stdout',
  },
  {
    name: 'page',
    title: 'The page',
    answers: 'What listening in the browser itself costs a visitor’s computer, and what drawing adds to it.',
    script: 'bench:page',
    limitMinutes: 12,
    obstacle: () => needsPart('chromium'),
    printsOn: 'stdout',
  },
  {
    name: 'swap',
    title: 'Models that change under live sessions',
    answers: 'How long after its publication a model hears the sessions that stream, and what a hundred swaps leave in memory.',
    script: 'bench:swap',
    limitMinutes: 10,
    obstacle: () => needsPart('nats-server'),
  },
  {
    name: 'train',
    title: 'A step of training',
    answers: 'How much faster the trainer’s own step is than `LayersModel.trainOnBatch`, the two taking turns.',
    script: 'bench:train',
    limitMinutes: 6,
    obstacle: () => needsPart('tfjs-node'),
  },
  {
    name: 'noise',
    title: 'Under noise, through rooms, telephones and codecs',
    answers:
      'How many words the shipped models miss, and how often they imagine one, when what they hear is not clean; openWakeWord beside them, on the word that both know.',
    script: 'bench:noise',
    args: (data) => ['--data', data ?? ''],
    limitMinutes: 120,
    obstacle: needsData,
  },
  {
    name: 'voice-gate',
    title: 'Leaving out silence',
    answers: 'What `SKIP_SILENCE` saves in processor time and loses in words, by background.',
    script: 'bench:voice-gate',
    args: (data) => ['--data', join(data ?? '', SPEECH_COMMANDS)],
    limitMinutes: 40,
    obstacle: needsData,
    printsOn: 'stdout',
  },
  {
    name: 'container',
    title: 'The images',
    answers: 'How large they are, how soon the service in them is ready, and whether they run without any rights.',
    script: 'container:verify',
    limitMinutes: 30,
    obstacle: needsBuildah,
    printsOn: 'stderr',
  },
];

function needsData(data: string | undefined): string | undefined {
  return data === undefined ? 'it needs recordings: name their folder with --data' : undefined;
}

function needsPart(name: PartName): string | undefined {
  return findParts(process.env).find((part) => part.name === name)?.path === undefined ? `${name} is missing` : undefined;
}

function needsK6(): string | undefined {
  return findGoTool(process.env, 'k6') === undefined && !hasGo(process.env) ? 'k6 is missing, and Go to compile it' : undefined;
}

function needsBuildah(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount an image';
  return findProgram(['buildah'], process.env['PATH'] ?? '') === undefined ? 'buildah is missing' : undefined;
}
