/** What is said in recordings of speech, so that a keyword that is really said is no false accept, and no example of other speech. */

import { access, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { TrainerError } from '../trainer-error.ts';

/** Words of running speech that sound as a keyword does: hearing it there is no false accept. "To" stays out: it is rarely said as "two" is. */
const HOMOPHONES: Readonly<Record<string, string>> = {
  for: 'four',
  fore: 'four',
  know: 'no',
  write: 'right',
  rite: 'right',
  won: 'one',
  too: 'two',
  ate: 'eight',
};
/** Long recordings of one word, in the folder of that word. */
const WORD_FOLDER = /[/\\]wakeword[/\\]([^/\\]+)[/\\]/;

/** Where in a recording a keyword is said, as shares of its length. */
export interface SaidAt {
  readonly startShare: number;
  readonly endShare: number;
}

/** The words of utterances. */
export class Transcripts {
  readonly #words: ReadonlyMap<string, readonly string[]>;
  readonly #vocabulary: ReadonlySet<string>;

  /** @param words - in the order they are said, in lower case; by utterance: the name of its file without `.wav` */
  constructor(words: ReadonlyMap<string, readonly string[]>) {
    this.#words = words;
    this.#vocabulary = new Set([...words.values()].flatMap((utterance) => utterance.flatMap(soundsOf)));
  }

  /** The words of a recording; `undefined` if nobody has written them down. */
  wordsOf(path: string): readonly string[] | undefined {
    const word = WORD_FOLDER.exec(path)?.[1];
    return this.#words.get(basename(path, '.wav')) ?? (word === undefined ? undefined : partsOf(word));
  }

  /**
   * Whether a keyword is surely not said in a recording: the recording's transcript does not hold it, or it has none and no other
   * transcript holds the keyword either. A keyword of two words is not said where either is missing.
   */
  lacks(path: string, keyword: string): boolean {
    const words = this.wordsOf(path);
    const sounds = words === undefined ? this.#vocabulary : new Set(words.flatMap(soundsOf));
    return partsOf(keyword).some((part) => !sounds.has(part));
  }

  /** Roughly where a keyword is said in a recording: as if every letter of its transcript took equally long. The whole of it without transcript. */
  saidAt(path: string, keyword: string): readonly SaidAt[] {
    if (this.lacks(path, keyword)) return [];
    const words = this.wordsOf(path);
    if (words === undefined) return [{ startShare: 0, endShare: 1 }];
    const ends = words.map(
      (
        (letters) => (word: string) =>
          (letters += word.length + 1)
      )(0),
    );
    const letters = ends.at(-1)!;
    return words.flatMap((word, i) =>
      partsOf(keyword).some((part) => soundsOf(word).includes(part))
        ? [{ startShare: (ends[i]! - word.length - 1) / letters, endShare: ends[i]! / letters }]
        : [],
    );
  }
}

/** The transcripts of a data folder: those of `path`, else of its `speech/transcripts.txt`; where neither is, nothing is known. @throws {TrainerError} `data_not_found` */
export async function transcriptsFor(dataDirectory: string, path: string | undefined): Promise<Transcripts> {
  if (path !== undefined) return readTranscripts(path);
  const file = transcriptsFile(dataDirectory);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  return isThere ? readTranscripts(file) : new Transcripts(new Map());
}

/** Where a data folder has what is said in its speech. */
export function transcriptsFile(dataDirectory: string): string {
  return join(dataDirectory, 'speech', 'transcripts.txt');
}

/** Reads `<utterance> <words …>` a line, as LibriSpeech has them. @throws {TrainerError} `data_not_found` */
export async function readTranscripts(path: string): Promise<Transcripts> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TrainerError('data_not_found', `cannot read the transcripts ${path}`, { cause });
  });
  return new Transcripts(new Map(text.split('\n').filter(Boolean).map(parseLine)));
}

function parseLine(line: string): [utterance: string, words: readonly string[]] {
  const [utterance = '', ...words] = line.split(/\s+/).filter(Boolean);
  return [utterance, words.map((word) => word.toLowerCase())];
}

function soundsOf(word: string): string[] {
  const homophone = HOMOPHONES[word];
  return homophone === undefined ? [word] : [word, homophone];
}

function partsOf(keyword: string): string[] {
  return keyword.split(/[_ ]/);
}
