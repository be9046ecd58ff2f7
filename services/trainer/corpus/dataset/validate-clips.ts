/** What is wrong with a data set: judged from what is listed and what was measured, without opening a file. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { SILENCE_LABEL } from '#shared/model/manifest.ts';

import { groupBy } from '../../group-by.ts';
import { nearest } from '../../configuration/nearest.ts';
import type { ClipFacts, SoundFacts } from './inspect-clip.ts';
import { UNKNOWN_LICENCE } from './licences.ts';
import type { ListedClip } from './listed-clips.ts';

/** An error makes figures wrong or a training fail; a warning is worth a look. */
export type ProblemKind =
  | 'unreadable'
  | 'wrong_rate'
  | 'wrong_label'
  | 'empty_class'
  | 'missing_file'
  | 'speaker_in_two_splits'
  | 'same_sound_two_labels'
  | 'same_sound_two_splits'
  | 'duplicate'
  | 'too_short'
  | 'too_long'
  | 'clipped'
  | 'offset'
  | 'silent'
  | 'few_clips'
  | 'unknown_licence';

export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly kind: ProblemKind;
  /** One sentence about one clip, speaker or class. */
  readonly message: string;
}

/** How many clips a label has in each split. */
export interface ClassCount {
  readonly label: string;
  readonly training: number;
  readonly validation: number;
  readonly test: number;
  readonly speakers: number;
  readonly seconds: number;
}

export interface ValidationInput {
  readonly clips: readonly ListedClip[];
  /** Of each clip, in the same order. */
  readonly facts: readonly ClipFacts[];
  /** Files that the lists of splits name and that are not there. */
  readonly missing: readonly string[];
  /** Words that a training needs. */
  readonly keywords: readonly string[];
}

/** Words of this length and shape can be keywords. */
const LABEL = /^[a-z0-9]+([_-][a-z0-9]+)*$/;
const MIN_WORD_SECONDS = 0.3;
/** A word's window is a second; what is much longer was not aligned. */
const MAX_WORD_SECONDS = 1.5;
const MAX_CLIPPED_SHARE = 0.01;
const MAX_OFFSET = 0.02;
/** -50 dB below full scale. */
const SILENT_PEAK = 0.003;
/** Of the median class. */
const FEW_SHARE = 0.1;

/** All problems, errors first. */
export function problemsOf(input: ValidationInput): readonly Problem[] {
  const { clips, facts, missing } = input;
  const problems = [
    ...missing.map((path) => error('missing_file', `${path} is in a list of splits, and not there`)),
    ...labelProblems(clips),
    ...clips.flatMap((clip, i) => soundProblems(clip, facts[i]!)),
    ...speakerProblems(clips),
    ...duplicateProblems(clips, facts),
    ...classProblems(input),
    ...licenceProblems(clips),
  ];
  return problems.sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
}

/** The classes, the largest first. */
export function classCounts(clips: readonly ListedClip[], facts: readonly ClipFacts[]): readonly ClassCount[] {
  const groups = groupBy(clips.keys(), (i) => clips[i]!.label);
  const counts = [...groups].map(([label, members]): ClassCount => {
    const inSplit = (split: ListedClip['split']): number => members.filter((i) => clips[i]!.split === split).length;
    const seconds = members.reduce((sum, i) => sum + (isReadable(facts[i]!) ? facts[i].seconds : 0), 0);
    const speakers = new Set(members.map((i) => clips[i]!.speaker)).size;
    return { label, training: inSplit('training'), validation: inSplit('validation'), test: inSplit('test'), speakers, seconds };
  });
  return counts.sort((a, b) => b.training - a.training || (a.label < b.label ? -1 : 1));
}

/** Whether a label is of a word, not of noise, silence or other speech. */
export function isWord(label: string): boolean {
  return !label.startsWith('_');
}

/** Whether a word can be a label. */
export function isLabelOfWord(label: string): boolean {
  return LABEL.test(label);
}

function isReadable(facts: ClipFacts): facts is { path: string } & SoundFacts {
  return facts.unreadable === undefined;
}

function labelProblems(clips: readonly ListedClip[]): Problem[] {
  const labels = new Set(clips.map(({ label }) => label).filter(isWord));
  return [...labels]
    .filter((label) => !isLabelOfWord(label))
    .map((label) => error('wrong_label', `"${label}" is no word: lower-case letters and digits, parts joined by _, as in smart_mirror`));
}

function soundProblems({ path, label }: ListedClip, facts: ClipFacts): Problem[] {
  if (!isReadable(facts)) return [error('unreadable', `${path}: ${facts.unreadable}`)];
  const { sampleRateHz, seconds, peak, offset, clipped } = facts;
  const problems: Problem[] = [];
  if (sampleRateHz !== SAMPLE_RATE_HZ)
    problems.push(error('wrong_rate', `${path} has ${sampleRateHz} Hz, not ${SAMPLE_RATE_HZ}: import it`));
  if (isWord(label) && seconds < MIN_WORD_SECONDS) problems.push(warning('too_short', `${path} is ${seconds.toFixed(2)} s long`));
  if (isWord(label) && seconds > MAX_WORD_SECONDS) problems.push(warning('too_long', `${path} is ${seconds.toFixed(2)} s long: align it`));
  if (clipped > MAX_CLIPPED_SHARE)
    problems.push(warning('clipped', `${path}: ${(100 * clipped).toFixed(1)} % of the samples are at full scale`));
  if (Math.abs(offset) > MAX_OFFSET) problems.push(warning('offset', `${path}: the mean of the samples is ${offset.toFixed(3)}, not 0`));
  if (label !== SILENCE_LABEL && peak < SILENT_PEAK)
    problems.push(warning('silent', `${path}: nothing is louder than ${peak.toFixed(4)} of full scale`));
  return problems;
}

function speakerProblems(clips: readonly ListedClip[]): Problem[] {
  const speakers = groupBy(clips.keys(), (i) => clips[i]!.speaker);
  return [...speakers].flatMap(([speaker, members]) => {
    const first = new Map(members.map((i) => [clips[i]!.split, clips[i]!.path]));
    if (speaker === '' || first.size === 1) return [];
    const places = [...first].map(([split, path]) => `${split} (${path})`).join(' and ');
    return [error('speaker_in_two_splits', `speaker ${speaker} is in ${places}`)];
  });
}

function duplicateProblems(clips: readonly ListedClip[], facts: readonly ClipFacts[]): Problem[] {
  const readable = [...clips.keys()].filter((i) => isReadable(facts[i]!) && clips[i]!.label !== SILENCE_LABEL);
  const sounds = groupBy(readable, (i) => (facts[i] as SoundFacts).soundDigest);
  return [...sounds.values()].filter(({ length }) => length > 1).map((members) => duplicateProblem(members.map((i) => clips[i]!)));
}

function duplicateProblem(same: readonly ListedClip[]): Problem {
  const paths = same.map(({ path }) => path).join(', ');
  if (new Set(same.map(({ label }) => label)).size > 1) return error('same_sound_two_labels', `the same sound under two labels: ${paths}`);
  if (new Set(same.map(({ split }) => split)).size > 1) return error('same_sound_two_splits', `the same sound in two splits: ${paths}`);
  return warning('duplicate', `the same sound: ${paths}`);
}

function classProblems({ clips, facts, keywords }: ValidationInput): Problem[] {
  const counts = classCounts(clips, facts).filter(({ label }) => isWord(label));
  const words = counts.map(({ label }) => label);
  const wanted = keywords.length > 0 ? keywords : words;
  const median = counts.map(({ training }) => training).sort((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0;
  return wanted.flatMap((word): Problem[] => {
    const count = counts.find(({ label }) => label === word);
    if (count === undefined) return [error('empty_class', `there is no clip of ${word}; ${hint(word, words)}`)];
    const empty = (['training', 'validation', 'test'] as const).filter((split) => count[split] === 0);
    if (keywords.length > 0 && empty.length > 0) return [error('empty_class', `${word} has no clip for ${empty.join(' and ')}`)];
    if (count.training < FEW_SHARE * median)
      return [warning('few_clips', `${word} has ${count.training} clips for training, half of the words ${median} or more`)];
    return [];
  });
}

function hint(word: string, words: readonly string[]): string {
  return words.length === 0 ? 'there are no words at all' : `did you mean ${nearest(word, words)}?`;
}

function licenceProblems(clips: readonly ListedClip[]): Problem[] {
  const folders = groupBy(
    [...clips.keys()].filter((i) => clips[i]!.licence === UNKNOWN_LICENCE),
    (i) => clips[i]!.path.split('/')[0]!,
  );
  return [...folders].map(([folder, members]) =>
    warning(
      'unknown_licence',
      `${members.length} recordings in ${folder}/ have no known licence: say it in ${folder}/source.yaml (licence: …)`,
    ),
  );
}

function error(kind: ProblemKind, message: string): Problem {
  return { severity: 'error', kind, message };
}

function warning(kind: ProblemKind, message: string): Problem {
  return { severity: 'warning', kind, message };
}
