/** Chooses each keyword's threshold: the lowest that keeps false accepts on held-back speech within the budget. */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import type { Engine } from '#shared/model/classifier.ts';

import { isHeldBackSpeech, listCorpus } from '../corpus/corpus.ts';
import { loadSamples } from '../corpus/sample-store.ts';
import { startProgress } from '../training/progress.ts';
import { TrainerError } from '../trainer-error.ts';
import { loadArtefact, rewriteManifest } from '../artefact-files.ts';
import { figuresAt, operatingFigures, SAMPLES_PER_HOUR, speechTracksOf, wordTrackOf, type StreamingFigures } from './streaming.ts';

export interface CalibrateOptions {
  readonly modelDirectory: string;
  readonly dataDirectory: string;
  /** `<utterance> <words …>` a line, as LibriSpeech has them; without it the words said in the speech count as false accepts. */
  readonly transcripts: string | undefined;
  readonly engine: Engine;
  readonly falseAcceptsPerHour: number;
}

export interface Calibration {
  readonly speechHours: number;
  readonly keywords: Readonly<Record<string, StreamingFigures>>;
}

const THRESHOLDS = Array.from({ length: 33 }, (_, i) => Math.round((0.35 + i * 0.02) * 100) / 100);

/** Words of running speech that sound as a keyword does: hearing it there is no false accept. "To" stays out: it is rarely said as "two" is. */
const HOMOPHONES: Readonly<Record<string, string>> = { for: 'four', fore: 'four', know: 'no', write: 'right', won: 'one', ate: 'eight' };

/** Measures every keyword of a model on validation clips and held-back speech. @throws {TrainerError} `data_not_found` */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  const artefact = await loadArtefact(options.modelDirectory);
  const { manifest } = artefact;
  const corpus = await listCorpus(options.dataDirectory);
  const speechPaths = corpus.speech.filter(isHeldBackSpeech);
  if (speechPaths.length === 0)
    throw new TrainerError('data_not_found', `no held-back speech in ${options.dataDirectory}/speech to count false accepts on`);
  const clips = corpus.clips.filter(({ split, word }) => split === 'validation' && manifest.keywords.includes(word));
  const [words, speech, transcripts] = [
    await load(clips.map(({ path }) => path)),
    await load(speechPaths),
    await readTranscripts(options.transcripts),
  ];
  const classifier = options.engine.load(artefact);
  const bar = startProgress('listening', manifest.keywords.length + 1);
  const speechTracks = speechTracksOf(classifier, speech, (i) => transcripts.get(basename(speechPaths[i]!, '.wav')) ?? new Set());
  bar.update(1, {});
  const figures = manifest.keywords.map((keyword, i) => {
    const indices = clips.flatMap(({ word }, index) => (word === keyword ? [index] : []));
    const wordTrack = wordTrackOf(classifier, keyword, { store: words, indices, seed: manifest.training.seed });
    bar.update(i + 2, {});
    const candidates = THRESHOLDS.map((threshold) => figuresAt(threshold, { manifest, words: wordTrack, speech: speechTracks }));
    return [keyword, operatingFigures(candidates, options.falseAcceptsPerHour)] as const;
  });
  bar.stop();
  classifier.close();
  const speechSamples = speechTracks.reduce((sum, { track }) => sum + track.samples, 0);
  return { speechHours: speechSamples / SAMPLES_PER_HOUR, keywords: Object.fromEntries(figures) };
}

/** Makes the chosen thresholds the model's operating points. */
export async function recordCalibration(directory: string, { keywords }: Calibration): Promise<void> {
  await rewriteManifest(directory, (manifest) => ({
    ...manifest,
    operatingPoints: Object.fromEntries(
      Object.entries(manifest.operatingPoints).map(([keyword, point]) => {
        const figures = keywords[keyword];
        if (!figures) return [keyword, point];
        const { threshold, falseAcceptsPerHour, falseRejectRate } = figures;
        return [keyword, { ...point, threshold, falseAcceptsPerHour, falseRejectRate }];
      }),
    ),
  }));
}

/** The figures for people. */
export function formatCalibration({ speechHours, keywords }: Calibration): string {
  const rows = Object.entries(keywords).map(([keyword, { threshold, falseRejectRate, falseAcceptsPerHour, latencyMedianMs }]) =>
    [
      keyword.padEnd(10),
      threshold.toFixed(2).padStart(9),
      `${(100 * falseRejectRate).toFixed(1)} %`.padStart(8),
      falseAcceptsPerHour.toFixed(2).padStart(7),
      `${latencyMedianMs?.toFixed(0) ?? '–'} ms`.padStart(9),
    ].join(' '),
  );
  return [`on ${speechHours.toFixed(2)} h of held-back speech`, 'keyword    threshold      FRR    FA/h   latency', ...rows, ''].join('\n');
}

async function load(paths: readonly string[]) {
  const bar = startProgress('reading recordings', paths.length);
  const store = await loadSamples(paths, (files) => bar.update(files, {}));
  bar.stop();
  return store;
}

async function readTranscripts(path: string | undefined): Promise<Map<string, ReadonlySet<string>>> {
  if (path === undefined) return new Map();
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TrainerError('data_not_found', `cannot read the transcripts ${path}`, { cause });
  });
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [utterance = '', ...words] = line.toLowerCase().split(/\s+/);
        return [utterance, new Set(words.flatMap((word) => [word, HOMOPHONES[word] ?? word]))];
      }),
  );
}
