/** Options of the commands that let a model hear streams. */

import { availableParallelism } from 'node:os';

import type { Artefact } from '#shared/model/artefact.ts';

import { createHearerPool, type Hearer } from '../evaluation/hearer.ts';
import type { Condition } from '../evaluation/scene.ts';
import { TrainerError } from '../trainer-error.ts';

export const CLEAN = 'clean';

export const STREAMING_OPTIONS = {
  transcripts: {
    type: 'string',
    defaultDescription: 'DATA/speech/transcripts.txt, if it is there',
    describe: 'what is said in the speech, one `<utterance> <words>` a line, so that keywords really said do not count',
  },
  snr: {
    type: 'string',
    array: true,
    default: [CLEAN, '20', '10'],
    describe: 'levels of words and speech above the noise in dB, or `clean`',
  },
  clips: { type: 'number', default: 100, describe: 'at most so many clips of each keyword' },
  'other-words': {
    type: 'number',
    default: 300,
    describe: 'at most so many clips of each word that is no keyword, to count false accepts on beside speech; 0: none',
  },
  threads: { type: 'number', defaultDescription: 'a core each', describe: 'threads that listen' },
} as const;

export interface StreamingOptions {
  readonly transcripts: string | undefined;
  readonly snr: readonly string[];
  readonly clips: number;
  readonly 'other-words': number;
  readonly threads: number | undefined;
}

/** What the streams are heard under. @throws {TrainerError} `invalid_config` */
export function conditionsOf({ snr }: Pick<StreamingOptions, 'snr'>): Condition[] {
  return snr.map((level) => {
    if (level === CLEAN) return { name: CLEAN, snrDb: undefined };
    const snrDb = Number(level);
    if (level.trim() === '' || !Number.isFinite(snrDb))
      throw new TrainerError('invalid_config', `--snr takes numbers of dB or \`${CLEAN}\`, not ${JSON.stringify(level)}`);
    return { name: `${snrDb} dB`, snrDb };
  });
}

/** Listens with the production kernel, in threads. */
export function hearerOf({ threads }: Pick<StreamingOptions, 'threads'>): (artefact: Artefact) => Promise<Hearer> {
  return (artefact) => createHearerPool(artefact, threads ?? availableParallelism());
}
