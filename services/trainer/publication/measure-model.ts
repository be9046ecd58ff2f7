/** The figures that the gate asks for, of one model on one data set. */

import type { Artefact } from '#shared/model/artefact.ts';
import type { Engine } from '#shared/model/classifier.ts';

import { evaluate, evaluateStreaming } from '../evaluation/evaluate.ts';
import type { Hearer } from '../evaluation/hearer.ts';
import type { Condition } from '../evaluation/scene.ts';
import { loadArtefact } from '../artefact-files.ts';
import type { ModelFigures } from './gate.ts';

/** On what models are judged. */
export interface TestSets {
  readonly dataDirectory: string;
  readonly engine: Engine;
  /** `undefined`: clips alone. */
  readonly streams?: StreamTests | undefined;
}

export interface StreamTests {
  readonly transcripts: string | undefined;
  readonly conditions: readonly Condition[];
  readonly clipsPerKeyword: number;
  readonly seed: number;
  readonly createHearer: (artefact: Artefact) => Promise<Hearer>;
}

/** Judges a model on the test split. @throws {TrainerError} `data_not_found` */
export async function measureModel(modelDirectory: string, { dataDirectory, engine, streams }: TestSets): Promise<ModelFigures> {
  const { manifest } = await loadArtefact(modelDirectory);
  const { allLabels } = await evaluate({ modelDirectory, dataDirectory, split: 'test', engine });
  const figures = { version: manifest.version, keywords: manifest.keywords, accuracy: allLabels.accuracy };
  if (!streams) return figures;
  const report = await evaluateStreaming({ modelDirectory, dataDirectory, split: 'test', ...streams });
  const falseAcceptsPerHour = report.falseAcceptsPerHour / Math.max(1, report.keywords.length);
  return { ...figures, streaming: { falseAcceptsPerHour, falseRejectRate: report.falseRejectRate } };
}
