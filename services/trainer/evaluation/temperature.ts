/**
 * Temperature scaling (Guo et al., 2017, https://arxiv.org/abs/1706.04599): posteriors as sure as they are right. Soft labels and label smoothing
 * teach a network caution, so that a word beyond doubt has 0.9; a network that overfits is too sure. One number mends both, and changes no answer.
 */

import type { Engine } from '#shared/model/classifier.ts';
import { writeArtefact, type Artefact } from '#shared/model/artefact.ts';

import { loadArtefact, writeArtefactFiles } from '../artefact-files.ts';
import { labelOf } from '../corpus/corpus.ts';
import { posteriorsOf } from './clip-accuracy.ts';
import { splitFeatures } from './split-features.ts';

/** Between which temperatures the best one is looked for. */
const [LOWEST, HIGHEST] = [0.01, 100];
/** Of the golden section: the last interval is below a millionth of the first. */
const STEPS = 40;
/** About what a float32 can hold: what is cut here would look like another temperature. */
const LEAST_POSTERIOR = 1e-37;
/** A temperature this near to 1 is not worth other weights. */
const SAME = 0.01;

/** What a model says of a clip, and what it is. */
export interface JudgedClip {
  /** `[labels]` */
  readonly posteriors: Float32Array;
  readonly label: number;
}

/**
 * The temperature at which the clips are likeliest; their posteriors were computed at 1. Where a model is right about all of `n` clips no temperature is
 * low enough, so labels count as `(n + 1) / (n + 2)` sure (Platt, 1999, "Probabilistic outputs for support vector machines").
 */
export function bestTemperature(clips: readonly JudgedClip[]): number {
  const sure = (clips.length + 1) / (clips.length + 2);
  const logits = clips.map(({ posteriors, label }) => {
    const logs = Float64Array.from(posteriors, (posterior) => Math.log(Math.max(LEAST_POSTERIOR, posterior)));
    const others = logs.reduce((sum, log) => sum + log, 0) - logs[label]!;
    return { logs, expected: sure * logs[label]! + ((1 - sure) / (logs.length - 1)) * others };
  });
  const loss = (logTemperature: number): number => {
    const sharpness = Math.exp(-logTemperature);
    let sum = 0;
    for (const { logs, expected } of logits) {
      let total = 0;
      for (const log of logs) total += Math.exp(sharpness * log);
      sum += Math.log(total) - sharpness * expected;
    }
    return sum;
  };
  return Math.exp(leastOf(loss, Math.log(LOWEST), Math.log(HIGHEST)));
}

/** Where a function with one valley is least, by golden section. */
function leastOf(f: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [c, d] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [fc, fd] = [f(c), f(d)];
  for (let step = 0; step < STEPS; step++) {
    if (fc < fd) {
      [b, d, fd] = [d, c, fc];
      c = b - ratio * (b - a);
      fc = f(c);
    } else {
      [a, c, fc] = [c, d, fd];
      d = a + ratio * (b - a);
      fd = f(d);
    }
  }
  return (a + b) / 2;
}

/** The two files of the same model at another temperature: its last layer divided by it. */
export function filesAtTemperature({ manifest, weights }: Artefact, temperature: number): ReturnType<typeof writeArtefact> {
  const { name } = manifest.topology.at(-1)!;
  const isLast = new Set([`${name}/kernel`, `${name}/bias`]);
  const tensors = manifest.weights.map(({ name: tensor, shape }) => {
    const values = weights.get(tensor)!;
    return [tensor, { shape, values: isLast.has(tensor) ? values.map((value) => value / temperature) : values }] as const;
  });
  return writeArtefact(manifest, new Map(tensors));
}

/**
 * Brings a model on disk to the temperature at which the validation clips are likeliest.
 *
 * @returns the temperature; 1 where the model was near enough, and stays as it is
 * @throws {TrainerError} `data_not_found`
 */
export async function fitTemperature({
  modelDirectory,
  dataDirectory,
  engine,
}: {
  readonly modelDirectory: string;
  readonly dataDirectory: string;
  readonly engine: Engine;
}): Promise<number> {
  const artefact = await loadArtefact(modelDirectory);
  const temperature = bestTemperature(await judgedClips(artefact, { dataDirectory, engine }));
  if (Math.abs(temperature - 1) < SAME) return 1;
  await writeArtefactFiles(modelDirectory, await filesAtTemperature(artefact, temperature));
  return temperature;
}

async function judgedClips(
  artefact: Artefact,
  { dataDirectory, engine }: { dataDirectory: string; engine: Engine },
): Promise<readonly JudgedClip[]> {
  const { labels, keywords } = artefact.manifest;
  const { clips, features } = await splitFeatures(artefact.manifest, { dataDirectory, split: 'validation' });
  const known = new Set(keywords);
  const classifier = engine.load(artefact);
  try {
    const posteriors = posteriorsOf(classifier, { clips: clips.length, features });
    return Array.from(posteriors, (row, i) => ({ posteriors: row.slice(), label: labels.indexOf(labelOf(clips[i]!.word, known)) }));
  } finally {
    classifier.close();
  }
}
