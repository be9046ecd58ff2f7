/** The conditions that models are heard under, from a quiet room to a bad call. */

import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readWav } from '#shared/audio/wav.ts';

import { clipping, clockError, gain, room, telephone, type Distortion } from '../../services/trainer/evaluation/distortions.ts';
import type { Condition } from '../../services/trainer/evaluation/scene.ts';
import { wavFilesBelow } from '../../services/trainer/corpus/wav-files.ts';

const SNRS_DB = [20, 15, 10, 5, 0, -5];
/** Speech lies 26 dB below full scale, so its peaks are cut by half and more. */
const CLIPPED_AT_DB = -20;
/** A room of `rir/` in which words are easily told apart; which one is the same in every run. It is one of those that no training hears. */
const ROOM = 'medium_3';
const OPUS_BIT_RATES = [16, 8];
const MAX_CODED_BYTES = 2 ** 28;

/** Every condition that this machine and data folder have what it takes for: rooms need `rir/`, Opus needs ffmpeg with libopus. */
export async function noiseConditions(dataDirectory: string): Promise<Condition[]> {
  const plain = (name: string, distortion?: Distortion): Condition => ({ name, snrDb: undefined, distortion });
  return [
    plain('clean'),
    ...SNRS_DB.map((snrDb) => ({ name: `noise ${snrDb} dB`, snrDb })),
    ...(await roomConditions(dataDirectory)),
    plain('20 dB quieter', gain(-20)),
    plain('20 dB louder', gain(20)),
    plain(`clipped at ${CLIPPED_AT_DB} dB`, clipping(CLIPPED_AT_DB)),
    plain('telephone, 8 kHz', telephone()),
    ...(hasOpus() ? OPUS_BIT_RATES.map((kbps) => plain(`Opus ${kbps} kbit/s`, opus(kbps))) : []),
    plain('clock +200 ppm', clockError(200)),
    plain('clock −200 ppm', clockError(-200)),
  ];
}

async function roomConditions(dataDirectory: string): Promise<Condition[]> {
  const directory = join(dataDirectory, 'rir');
  const file = (await wavFilesBelow(directory)).find((name) => name.includes(ROOM));
  if (file === undefined) return [];
  const { samples } = readWav(await readFile(join(directory, file)));
  return [0.3, 0.6].map((wet) => ({ name: `room, ${100 * wet} % wet`, snrDb: undefined, distortion: room(samples, wet) }));
}

function hasOpus(): boolean {
  const { status, stdout } = spawnSync('ffmpeg', ['-hide_banner', '-encoders'], { encoding: 'utf8' });
  return status === 0 && stdout.includes('libopus');
}

/** Coded as browsers do in calls, and decoded. */
function opus(kbps: number): Distortion {
  const raw = ['-f', 's16le', '-ar', '16000', '-ac', '1'];
  const run = (args: readonly string[], input: Uint8Array): Buffer => {
    const { status, stdout, stderr } = spawnSync('ffmpeg', ['-v', 'error', ...args], { input, maxBuffer: MAX_CODED_BYTES });
    if (status !== 0) throw new Error(`ffmpeg failed: ${stderr.toString()}`);
    return stdout;
  };
  return (stream) => {
    const pcm = Int16Array.from(stream, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));
    const coded = run(
      [...raw, '-i', 'pipe:0', '-c:a', 'libopus', '-b:a', `${kbps}k`, '-application', 'voip', '-f', 'ogg', 'pipe:1'],
      new Uint8Array(pcm.buffer),
    );
    const decoded = run(['-f', 'ogg', '-i', 'pipe:0', ...raw, 'pipe:1'], coded);
    const samples = new Int16Array(Uint8Array.from(decoded).buffer, 0, Math.min(stream.length, decoded.length >> 1));
    const out = new Float32Array(stream.length);
    samples.forEach((sample, n) => (out[n] = sample / 32_768));
    return out;
  };
}
