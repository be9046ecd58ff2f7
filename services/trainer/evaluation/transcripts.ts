/** What is said in recordings of speech, so that a keyword that is really said is no false accept. */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { TrainerError } from '../trainer-error.ts';

/** Words of running speech that sound as a keyword does: hearing it there is no false accept. "To" stays out: it is rarely said as "two" is. */
const HOMOPHONES: Readonly<Record<string, string>> = { for: 'four', fore: 'four', know: 'no', write: 'right', won: 'one', ate: 'eight' };

/** The words of utterances. */
export class Transcripts {
  readonly #words: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #vocabulary: ReadonlySet<string>;

  /** @param words - by utterance: the name of its file without `.wav` */
  constructor(words: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#words = words;
    this.#vocabulary = new Set([...words.values()].flatMap((utterance) => [...utterance]));
  }

  /**
   * Whether a keyword is surely not said in a recording: the recording's transcript does not hold it, or it has none and no other
   * transcript holds the keyword either. A keyword of two words is not said where either is missing.
   */
  lacks(path: string, keyword: string): boolean {
    const words = this.#words.get(basename(path, '.wav')) ?? this.#vocabulary;
    return keyword.split(/[_ ]/).some((part) => !words.has(part));
  }
}

/** Reads `<utterance> <words …>` a line, as LibriSpeech has them. Without a path nothing is known, and nothing is said. @throws {TrainerError} `data_not_found` */
export async function readTranscripts(path: string | undefined): Promise<Transcripts> {
  if (path === undefined) return new Transcripts(new Map());
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TrainerError('data_not_found', `cannot read the transcripts ${path}`, { cause });
  });
  return new Transcripts(new Map(text.split('\n').filter(Boolean).map(parseLine)));
}

function parseLine(line: string): [utterance: string, words: ReadonlySet<string>] {
  const [utterance = '', ...words] = line.split(/\s+/).filter(Boolean);
  return [utterance, new Set(words.map((word) => word.toLowerCase()).flatMap((word) => [word, HOMOPHONES[word] ?? word]))];
}
