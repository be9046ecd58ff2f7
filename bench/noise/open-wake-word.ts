/** openWakeWord as one that hears: the same streams in, scores out, so that the same code counts its misses and false accepts. */

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { Hearer } from '../../services/trainer/evaluation/hearer.ts';
import type { PosteriorTrack } from '../../services/trainer/evaluation/posterior-track.ts';

const SCRIPT = fileURLToPath(new URL('./open_wake_word.py', import.meta.url));
/** It scores every 80 ms. */
const CHUNK_SAMPLES = 1280;
/** Its own default: a score from here on is a detection. */
export const OPEN_WAKE_WORD_THRESHOLD = 0.5;

/** The tracks have two labels: the word, and everything else. @param python - of the benchmark's peers */
export async function createOpenWakeWord(python: string, word: string): Promise<Hearer> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-noise-'));
  const child = spawn(python, [SCRIPT, word], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const hearOne = async (recording: Int16Array): Promise<PosteriorTrack> => {
    const path = join(directory, 'stream.pcm');
    await writeFile(path, recording);
    child.stdin.write(`${path}\n`);
    const answer = await answers.next();
    if (answer.done === true) throw new Error('openWakeWord ended early');
    return trackOf(JSON.parse(answer.value) as number[], recording.length);
  };
  return {
    hear: async (count, recordingOf, onProgress) => {
      const tracks: PosteriorTrack[] = [];
      for (let i = 0; i < count; i++) {
        tracks.push(await hearOne(recordingOf(i)));
        onProgress(i + 1);
      }
      return tracks;
    },
    close: async () => {
      child.stdin.end();
      await rm(directory, { recursive: true });
    },
  };
}

function trackOf(scores: readonly number[], samples: number): PosteriorTrack {
  return {
    samples,
    endSamples: Float64Array.from(scores, (_, i) => (i + 1) * CHUNK_SAMPLES),
    posteriors: Float32Array.from(scores.flatMap((score) => [score, 1 - score])),
  };
}
