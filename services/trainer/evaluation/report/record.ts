/** Puts an evaluation where it belongs: the figures into the manifest, the reports beside it. */

import { join } from 'node:path';

import { rewriteManifest, writeWhole } from '../../artefact-files.ts';
import type { Evaluation } from '../evaluate.ts';
import { confusionMatrix, detCurve } from './charts.ts';
import { readEpochs } from './epochs.ts';
import { htmlReport } from './html.ts';
import { markdownReport } from './markdown.ts';

/**
 * Writes the figures into the manifest's `metrics`, and `evaluation.json`, `.md` and `.html` beside it; `confusion-matrix.svg` and, of streams,
 * `det-<keyword>.svg` are for systems that show pictures of runs.
 */
export async function recordEvaluation(directory: string, evaluation: Evaluation): Promise<void> {
  const { split, allLabels, official12, streaming } = evaluation;
  await rewriteManifest(directory, (manifest) => ({
    ...manifest,
    metrics: {
      ...manifest.metrics,
      [`${split}Accuracy`]: allLabels.accuracy,
      ...(official12 && { official12Accuracy: official12.accuracy }),
      ...(streaming && {
        [`${split}StreamingFalseRejectRate`]: streaming.falseRejectRate,
        [`${split}StreamingFalseAcceptsPerHour`]: streaming.falseAcceptsPerHour,
        ...(streaming.otherWords && { [`${split}OtherWordsFalseAcceptsPerHour`]: streaming.otherWords.falseAcceptsPerHour }),
      }),
    },
  }));
  const epochs = await readEpochs(directory);
  await Promise.all([
    writeWhole(join(directory, 'evaluation.json'), `${JSON.stringify(evaluation, undefined, 2)}\n`),
    writeWhole(join(directory, 'evaluation.md'), markdownReport(evaluation)),
    writeWhole(join(directory, 'evaluation.html'), await htmlReport(evaluation, epochs)),
    writeWhole(join(directory, 'confusion-matrix.svg'), confusionMatrix(allLabels)),
    ...(streaming?.keywords ?? []).map((report) =>
      writeWhole(join(directory, `det-${encodeURIComponent(report.keyword)}.svg`), detCurve(report)),
    ),
  ]);
}
