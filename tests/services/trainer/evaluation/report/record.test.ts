/** An evaluation on disk: figures in the manifest, and reports that a person opens. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import type { Hearing } from '../../../../../services/trainer/evaluation/streaming.ts';
import { loadArtefact } from '../../../../../services/trainer/artefact-files.ts';
import { reportOf } from '../../../../../services/trainer/evaluation/clip-accuracy.ts';
import type { Evaluation } from '../../../../../services/trainer/evaluation/evaluate.ts';
import { reliabilityOf } from '../../../../../services/trainer/evaluation/reliability.ts';
import { recordEvaluation } from '../../../../../services/trainer/evaluation/report/record.ts';
import { reportStreaming } from '../../../../../services/trainer/evaluation/streaming-report.ts';
import { tinyArtefactFiles } from '../../../../helpers/tiny-model.ts';

const STRIDE = 1280;

test('writes the figures into the manifest and three reports beside it', async () => {
  const directory = await modelDirectory();
  const evaluation = await evaluationOf(directory);

  await recordEvaluation(directory, evaluation);

  const { manifest } = await loadArtefact(directory);
  expect(manifest.metrics).toEqual({
    testAccuracy: 0.75,
    testStreamingFalseRejectRate: 0.25,
    testStreamingFalseAcceptsPerHour: 2,
    testOtherWordsFalseAcceptsPerHour: 4,
  });
  expect(JSON.parse(await readFile(join(directory, 'evaluation.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(evaluation)));
  expect(await readFile(join(directory, 'evaluation.md'), 'utf8')).toContain(
    '| yes | 0.500 | 2 | 50.0 % | 50.0 % | 2.00 | 4.00 | 80 ms / 80 ms |',
  );
});

test('the page asks nothing of any other machine, and shows what was said as text', async () => {
  const directory = await modelDirectory();

  await recordEvaluation(directory, await evaluationOf(directory));

  const page = await readFile(join(directory, 'evaluation.html'), 'utf8');
  expect(page.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:|<script|<link|<img|@import|url\((?!#)/);
  expect(page).toContain('&lt;b&gt;.wav');
});

test('draws the confusion matrix, and a DET curve for each keyword of streams, in files of their own', async () => {
  const directory = await modelDirectory();
  const evaluation = await evaluationOf(directory);

  await recordEvaluation(directory, evaluation);

  const pictures = (await readdir(directory)).filter((file) => file.endsWith('.svg')).sort();
  expect(pictures).toEqual(['confusion-matrix.svg', 'det-no.svg', 'det-yes.svg']);
  for (const picture of pictures) expect(await readFile(join(directory, picture), 'utf8')).toMatch(/^<svg .*<\/svg>\s*$/s);
});

test('other words stand beside speech, with their own hours; where there are none nothing is said of them', async () => {
  const directory = await modelDirectory();
  const { streaming, ...evaluation } = await evaluationOf(directory);
  const { otherWords, ...speechOnly } = streaming!;
  const reports = async (of: Evaluation): Promise<string[]> => {
    await recordEvaluation(directory, of);
    return Promise.all(['evaluation.md', 'evaluation.html'].map((file) => readFile(join(directory, file), 'utf8')));
  };

  const [withOthers, without] = [
    await reports({ ...evaluation, streaming: streaming! }),
    await reports({ ...evaluation, streaming: speechOnly }),
  ];

  expect(otherWords).toEqual({ words: 40, distinctHours: 0.5, falseAccepts: 2, falseAcceptsPerHour: 4 });
  for (const report of withOthers)
    expect(report).toContain('40 held-back clips of words that are no keywords, one after the other for 0.50 h');
  for (const report of without) expect(report).not.toContain('held-back clips of words');
});

test('says whether anybody knows what is said in the speech', async () => {
  const directory = await modelDirectory();
  const evaluation = await evaluationOf(directory);
  const sentence = async (hasAny: boolean): Promise<string> => {
    const transcripts = { ...evaluation.streaming!.transcripts, hasAny };
    await recordEvaluation(directory, { ...evaluation, streaming: { ...evaluation.streaming!, transcripts } });
    return readFile(join(directory, 'evaluation.md'), 'utf8');
  };

  expect(await sentence(false)).toContain('words that are really said there count as false accepts');
  expect(await sentence(true)).toContain('0.00 h at most over all conditions, with 0 of the false accepts');
});

test('has a curve of the training where it left its metrics, and a chart for each keyword', async () => {
  const directory = await modelDirectory();
  const evaluation = await evaluationOf(directory);
  const charts = async (): Promise<number> => {
    await recordEvaluation(directory, evaluation);
    return (await readFile(join(directory, 'evaluation.html'), 'utf8')).split('<svg').length - 1;
  };

  const without = await charts();
  const epochs = [1, 2].map((epoch) => JSON.stringify({ epoch, loss: 1 / epoch, accuracy: 0.5, validationAccuracy: 0.6 }));
  await writeFile(join(directory, 'metrics.jsonl'), `${epochs.join('\n')}\n`);

  expect(without).toBe(5 + evaluation.streaming!.keywords.length);
  expect(await charts()).toBe(without + 1);
});

async function evaluationOf(directory: string): Promise<Evaluation> {
  const { manifest } = await loadArtefact(directory);
  const answers = [
    { truth: 'yes', predicted: 'yes', probability: 0.9 },
    { truth: 'yes', predicted: 'no', probability: 0.6 },
    { truth: 'no', predicted: 'no', probability: 0.8 },
    { truth: '_unknown_', predicted: '_unknown_', probability: 0.7 },
  ];
  return {
    model: { name: manifest.name, version: manifest.version, digest: manifest.digest },
    split: 'test',
    allLabels: reportOf(answers, manifest.labels),
    reliability: reliabilityOf(answers),
    mistakes: [{ clip: 'yes/<b>.wav', truth: 'yes', predicted: 'no', probability: 0.6 }],
    streaming: reportStreaming(heard(), {
      manifest: { ...manifest, detection: { smoothingWindows: 1, releaseRatio: 0.8 } },
      split: 'test',
    }),
  };
}

/** Two words of each keyword, of which one "yes" is missed; an hour of speech and half an hour of other words, in which "yes" is imagined twice. */
function heard(): Hearing {
  const condition = { name: 'clean', snrDb: undefined };
  const trackOf = (windows: readonly (readonly [yes: number, no: number])[], samples = 160_000) => ({
    samples,
    endSamples: Float64Array.from(windows, (_, i) => (i + 1) * STRIDE),
    posteriors: Float32Array.from(windows.flatMap(([yes, no]) => [yes, no, 0, 0])),
  });
  const wordEndingAt = (window: number) => ({ startSample: (window - 3) * STRIDE, endSample: window * STRIDE });
  const quiet = Array.from({ length: 20 }, () => [0, 0] as const);
  const words = [wordEndingAt(5), wordEndingAt(30)];
  const [yes, no] = [[1, 0] as const, [0, 1] as const];
  return {
    manifest: { labels: ['yes', 'no', '_unknown_', '_silence_'], keywords: ['yes', 'no'] },
    words: [
      { keyword: 'yes', condition, track: trackOf([...quiet.slice(0, 4), yes, yes, ...quiet, ...quiet]), words },
      { keyword: 'no', condition, track: trackOf([...quiet.slice(0, 4), no, no, ...quiet, ...quiet.slice(0, 3), no, no, ...quiet]), words },
    ],
    speech: [
      { condition, track: trackOf([yes, yes, ...quiet, yes, yes, ...quiet], 16_000 * 3600), lacks: () => true, isTranscribed: true },
    ],
    otherWords: [{ condition, track: trackOf([yes, yes, ...quiet, yes, yes, ...quiet], 8000 * 3600), words: 40 }],
  };
}

async function modelDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'evaluation-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const { manifestJson, weightsBytes } = await tinyArtefactFiles();
  await writeFile(join(directory, 'manifest.json'), manifestJson);
  await writeFile(join(directory, 'weights.bin'), weightsBytes);
  return directory;
}
