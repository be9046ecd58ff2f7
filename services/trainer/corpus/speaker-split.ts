/** In which split a speaker is: the rule of Speech Commands, so that no speaker is ever in two of them. */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';

export type Split = 'training' | 'validation' | 'test';

/** Files that hold the names of two of the splits, one `<word>/<file>` a line; what they do not name is for training. */
export const SPLIT_LISTS = { validation: 'validation_list.txt', test: 'testing_list.txt' } as const;

/** Shares of the speakers, in percent. */
export interface SplitShares {
  readonly validationPercent: number;
  readonly testPercent: number;
}

export const DEFAULT_SHARES: SplitShares = { validationPercent: 10, testPercent: 10 };

const MARK = '_nohash_';
/** `MAX_NUM_WAVS_PER_CLASS` of the rule's source. */
const BUCKETS = 2 ** 27 - 1;

/** Who speaks in a file named `<speaker>_nohash_<n>.wav`; a file named otherwise is a speaker of its own. */
export function speakerOf(file: string): string {
  const name = basename(file);
  const mark = name.indexOf(MARK);
  return mark < 0 ? name : name.slice(0, mark);
}

/** The name of a clip whose speaker `speakerOf` finds. */
export function clipName(speaker: string, take: number): string {
  return `${speaker}${MARK}${take}.wav`;
}

/** The split of a speaker (P. Warden, 2018; `which_set` in TensorFlow's examples/speech_commands/input_data.py). */
export function splitOfSpeaker(speaker: string, { validationPercent, testPercent }: SplitShares): Split {
  const hash = createHash('sha1').update(speaker).digest();
  const bucket = Number(BigInt(`0x${hash.toString('hex')}`) % BigInt(BUCKETS + 1));
  const percent = (100 * bucket) / BUCKETS;
  if (percent < validationPercent) return 'validation';
  return percent < validationPercent + testPercent ? 'test' : 'training';
}
