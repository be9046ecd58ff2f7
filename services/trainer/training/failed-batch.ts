/** Names the recordings of a batch whose loss was not a number, so that a bad one can be found. */

import { join } from 'node:path';

import type { Clip } from '../corpus/corpus.ts';
import { examplesOfEpoch, labelsOf } from '../corpus/examples.ts';
import { recordingCount, type SampleStore } from '../corpus/sample-store.ts';
import { writeWhole } from '../artefact-files.ts';
import type { TrainerConfig } from '../config.ts';

/** A batch's address, both counted from 0. */
export interface BatchPlace {
  readonly epoch: number;
  readonly batch: number;
}

interface BatchOrigin {
  readonly config: TrainerConfig;
  readonly clipLabels: readonly string[];
  readonly speech: SampleStore;
  /** In the order of `clipLabels`. */
  readonly clips: readonly Clip[];
}

/** Writes `failed-batch.json`: what each example of the batch was made of. */
export async function recordFailedBatch(
  runDirectory: string,
  { epoch, batch }: BatchPlace,
  { config, clipLabels, speech, clips }: BatchOrigin,
): Promise<void> {
  const { batchSize } = config.training;
  const labels = labelsOf(config);
  const examples = examplesOfEpoch(epoch, { config, clipLabels, speechRecordings: recordingCount(speech) })
    .slice(batch * batchSize, (batch + 1) * batchSize)
    .map((example) => ({
      kind: example.kind,
      label: labels[example.label],
      ...((example.kind === 'word' || example.kind === 'partial') && { clip: clips[example.recording]!.path }),
      ...(example.kind === 'speech' && { speechRecording: example.recording }),
    }));
  await writeWhole(join(runDirectory, 'failed-batch.json'), `${JSON.stringify({ epoch: epoch + 1, batch, examples }, undefined, 2)}\n`);
}
