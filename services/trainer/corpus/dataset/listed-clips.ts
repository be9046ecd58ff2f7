/** Every recording of a data folder with what is known of it before it is opened. */

import { join, relative, sep } from 'node:path';

import { heldBackSplit, isHeldBackNoise, isHeldBackRoom, isHeldBackSpeech, listCorpus } from '../corpus.ts';
import { speakerOf, type Split } from '../speaker-split.ts';
import { wavFilesBelow } from '../wav-files.ts';
import type { LockedClip } from './dataset-lock.ts';
import { Licences } from './licences.ts';

export type ListedClip = Omit<LockedClip, 'sha256' | 'bytes'>;

export const SPEECH_LABEL = '_speech_';
export const NOISE_LABEL = '_noise_';
export const IMPULSE_RESPONSE_LABEL = '_impulse_response_';
/** Where rooms' answers to a click lie. */
export const IMPULSE_RESPONSE_FOLDER = 'rir';
/** The official test clips are Speech Commands' too: the same names are the same people. */
const OFFICIAL_TEST = 'test_v2_12';

/**
 * Lists a data folder.
 *
 * @param licences - of this folder; knows the sources of all recordings afterwards
 * @throws {TrainerError} `data_not_found`, `invalid_dataset`
 */
export async function listClips(directory: string, licences = new Licences(directory)): Promise<readonly ListedClip[]> {
  const corpus = await listCorpus(directory);
  const complete = async (path: string, rest: Omit<ListedClip, 'path' | 'licence'>): Promise<ListedClip> => {
    const inside = relative(directory, path).replaceAll(sep, '/');
    return { path: inside, ...rest, licence: await licences.of(inside) };
  };
  const responses = (await wavFilesBelow(join(directory, IMPULSE_RESPONSE_FOLDER))).map((name) =>
    join(directory, IMPULSE_RESPONSE_FOLDER, name),
  );
  return Promise.all([
    ...corpus.clips.map(({ path, word, split }) =>
      complete(path, { label: word, speaker: speakerOfClip(relative(directory, path)), split }),
    ),
    ...corpus.speech.map((path) =>
      complete(path, { label: SPEECH_LABEL, speaker: readerOf(path), split: heldBack(path, isHeldBackSpeech(path)) }),
    ),
    ...corpus.noise.map((path) => complete(path, { label: NOISE_LABEL, speaker: '', split: heldBack(path, isHeldBackNoise(path)) })),
    ...responses.map((path) => complete(path, { label: IMPULSE_RESPONSE_LABEL, speaker: '', split: heldBack(path, isHeldBackRoom(path)) })),
  ]);
}

/** Names of speakers count within their set. */
function speakerOfClip(path: string): string {
  const folder = path.split(sep)[0]!;
  const set = folder === OFFICIAL_TEST ? 'speech_commands' : folder;
  return `${set}/${speakerOf(path).replace(/^[a-z]+_(?=[0-9a-f]{8}$)/, '')}`; // the official test set puts the word of _unknown_ before the speaker
}

function readerOf(path: string): string {
  const reader = /librispeech[/\\](\d+)/.exec(path)?.[1];
  return reader === undefined ? '' : `librispeech/${reader}`;
}

function heldBack(path: string, isHeldBack: boolean): Split {
  return isHeldBack ? heldBackSplit(path) : 'training';
}
