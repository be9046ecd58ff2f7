/** Says a word in many voices with espeak-ng, as more material to learn from. */

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import pMap from 'p-map';

import { clipName } from '../corpus/speaker-split.ts';
import { randomFor } from '../random.ts';
import { TrainerError } from '../trainer-error.ts';

const PROGRAM = 'espeak-ng';
const ACCENTS = ['en-us', 'en-gb', 'en-gb-scotland', 'en-gb-x-rp', 'en-gb-x-gbclan', 'en-gb-x-gbcwmd', 'en-029'];
/** Voices that sound like people, of both sexes; whispers and robots left out. */
const VARIANTS = [
  'm1',
  'm2',
  'm3',
  'm4',
  'm5',
  'm6',
  'm7',
  'f1',
  'f2',
  'f3',
  'f4',
  'f5',
  'Alex',
  'Annie',
  'Andrea',
  'Lee',
  'Mike',
  'linda',
  'steph',
];
const WORDS_PER_MINUTE: [number, number] = [120, 210];
/** espeak-ng's own scale, 0 to 99. */
const PITCH: [number, number] = [25, 75];
const AT_ONCE = 2;

/** Writes `<directory>/<voice>_nohash_0.wav`, each in a voice of its own. @throws {TrainerError} `no_speech_synthesis` */
export async function synthesise(
  text: string,
  { directory, voices, seed }: { directory: string; voices: number; seed: number },
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const say = async (voice: number): Promise<void> => {
    const random = randomFor(seed, 14, voice);
    const accent = ACCENTS[random.below(ACCENTS.length)]!;
    const variant = VARIANTS[random.below(VARIANTS.length)]!;
    const [speed, pitch] = [Math.round(random.between(...WORDS_PER_MINUTE)), Math.round(random.between(...PITCH))];
    const file = join(directory, clipName(`voice${voice}`, 0));
    await promisify(execFile)(PROGRAM, ['-v', `${accent}+${variant}`, '-s', `${speed}`, '-p', `${pitch}`, '-w', file, '--', text]);
  };
  await pMap([...Array(voices).keys()], say, { concurrency: AT_ONCE }).catch((cause: unknown) => {
    throw new TrainerError(
      'no_speech_synthesis',
      `${PROGRAM} cannot say ${JSON.stringify(text)}: install it (apt-get install ${PROGRAM}), or leave --synthetic out`,
      { cause },
    );
  });
}
