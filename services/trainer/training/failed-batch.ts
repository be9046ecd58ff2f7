/** Names the recordings of a batch whose loss was not a number, so that a bad one can be found. */

import { join } from 'node:path';

import type { Clip } from '../corpus/corpus.ts';
import { epochExamples, type ExampleSource } from '../corpus/batch-maker.ts';
import { labelsOf } from '../corpus/examples.ts';
import { writeWhole } from '../artefact-files.ts';

/** A batch's address, both counted from 0. */
export interface BatchPlace {
  readonly epoch: number;
  readonly batch: number;
}

interface BatchOrigin extends ExampleSource {
  /** In the order of `clipLabels`. */
  readonly clips: readonly Clip[];
}

/** Writes `failed-batch.json`: what each example of the batch was made of. */
export async function recordFailedBatch(runDirectory: string, { epoch, batch }: BatchPlace, origin: BatchOrigin): Promise<void> {
  const { config, clips } = origin;
  const { batchSize } = config.training;
  const labels = labelsOf(config);
  const examples = epochExamples(epoch, origin)
    .slice(batch * batchSize, (batch + 1) * batchSize)
    .map((example) => ({
      kind: example.kind,
      label: labels[example.label],
      ...((example.kind === 'word' || example.kind === 'partial') && { clip: clips[example.recording]!.path }),
      ...(example.kind === 'speech' && { speechRecording: example.recording }),
      ...(example.kind === 'hardSpeech' && { hardStretch: example.recording }),
    }));
  await writeWhole(join(runDirectory, 'failed-batch.json'), `${JSON.stringify({ epoch: epoch + 1, batch, examples }, undefined, 2)}\n`);
}
