/** Writes the network under training as an artefact: manifest and weights, each file whole or not at all. */

import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';

import { writeArtefact } from '#shared/model/artefact.ts';
import { MANIFEST_FORMAT_VERSION, type Manifest, type OperatingPoint } from '#shared/model/manifest.ts';

import { labelsOf } from '../corpus/examples.ts';
import type { TrainerConfig } from '../config.ts';
import { writeArtefactFiles } from '../artefact-files.ts';
import type { CnnLstm } from './cnn-lstm.ts';

/** Where a model came from. */
export interface Provenance {
  readonly runId: string;
  /** The commit of the code that trained it. */
  readonly commit: string;
  readonly directory: string;
  readonly normalisation: Manifest['normalisation'];
  readonly metrics: Readonly<Record<string, number>>;
  readonly dataset: Manifest['dataset'];
}

/** Until measured on continuous speech: three windows of 80 ms agree on a clear majority of the probability. */
const FIRST_OPERATING_POINT: OperatingPoint = { threshold: 0.6, patience: 1, refractoryMs: 1000 };
const SMOOTHING_WINDOWS = 3;
const RELEASE_RATIO = 0.6;

/** Writes the artefact into `directory`. */
export async function exportArtefact(network: CnnLstm, config: TrainerConfig, provenance: Provenance): Promise<void> {
  const files = await writeArtefact(
    {
      formatVersion: MANIFEST_FORMAT_VERSION,
      name: config.name,
      version: config.version,
      labels: [...labelsOf(config)],
      keywords: [...config.keywords],
      windowSamples: config.windowSamples,
      strideSamples: config.strideSamples,
      features: config.features,
      normalisation: provenance.normalisation,
      topology: [...network.topology()],
      detection: { smoothingWindows: SMOOTHING_WINDOWS, releaseRatio: RELEASE_RATIO },
      operatingPoints: Object.fromEntries(config.keywords.map((keyword) => [keyword, FIRST_OPERATING_POINT])),
      metrics: { ...provenance.metrics },
      dataset: provenance.dataset,
      training: { config: withoutFolders(config), runId: provenance.runId, seed: config.seed, commit: provenance.commit },
    },
    network.exportWeights(),
  );
  await mkdir(provenance.directory, { recursive: true });
  await writeArtefactFiles(provenance.directory, files);
}

/** As it travels with a model: where files lay on the machine that trained it is nobody's business. The run's own copy keeps it. */
function withoutFolders(config: TrainerConfig): TrainerConfig {
  const { softLabels } = config.training;
  if (softLabels === undefined) return config;
  return { ...config, training: { ...config.training, softLabels: { ...softLabels, file: basename(softLabels.file) } } };
}
