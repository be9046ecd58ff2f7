/** Chooses each keyword's operating point on the validation split, and makes it the model's. */

import type { Artefact } from '#shared/model/artefact.ts';

import { loadArtefact, rewriteManifest } from '../artefact-files.ts';
import { hearStreams } from './hear-streams.ts';
import type { Hearer } from './hearer.ts';
import { planOperatingPoints, type OperatingPlan, type Requirements } from './operating-points.ts';
import type { Condition } from './scene.ts';
import { quantile } from './streaming.ts';
import { transcriptsFor } from '../corpus/transcripts.ts';
import { startProgress } from '../training/progress.ts';

export interface CalibrateOptions {
  readonly modelDirectory: string;
  readonly dataDirectory: string;
  /** What is said in the speech, see `transcriptsFor`. */
  readonly transcripts: string | undefined;
  readonly conditions: readonly Condition[];
  /** All of the model's where it is not said. */
  readonly keywords?: readonly string[] | undefined;
  readonly clipsPerKeyword: number;
  /** See `hearStreams`. */
  readonly clipsPerOtherWord?: number | undefined;
  readonly requirements: Requirements;
  readonly createHearer: (artefact: Artefact) => Promise<Hearer>;
}

/** @throws {TrainerError} `data_not_found` */
export async function calibrate(options: CalibrateOptions): Promise<OperatingPlan> {
  const artefact = await loadArtefact(options.modelDirectory);
  const transcripts = await transcriptsFor(options.dataDirectory, options.transcripts);
  const { detection, training } = artefact.manifest;
  const hearer = await options.createHearer(artefact);
  try {
    const hearing = await hearStreams({ ...options, artefact, split: 'validation', transcripts, seed: training.seed, hearer });
    const bar = startProgress('choosing thresholds (%)', 100);
    const search = { releaseRatio: detection.releaseRatio, requirements: options.requirements };
    const plan = planOperatingPoints(hearing, { ...search, onProgress: (share) => bar.update(100 * share, {}) });
    bar.stop();
    return plan;
  } finally {
    await hearer.close();
  }
}

/** Makes a plan the model's. A keyword without clips to choose on keeps its operating point. */
export async function recordPlan(directory: string, { smoothingWindows, keywords }: OperatingPlan): Promise<void> {
  await rewriteManifest(directory, (manifest) => ({
    ...manifest,
    detection: { ...manifest.detection, smoothingWindows },
    operatingPoints: {
      ...manifest.operatingPoints,
      ...Object.fromEntries(
        [...keywords].map(([keyword, { setting, figures }]) => {
          const { threshold, patience, refractoryMs } = setting;
          const { falseAcceptsPerHour, falseRejectRate } = figures;
          return [keyword, { threshold, patience, refractoryMs, falseAcceptsPerHour, falseRejectRate }];
        }),
      ),
    },
  }));
}

/** The plan for people. */
export function formatPlan({ smoothingWindows, keywords }: OperatingPlan): string {
  const rows = [...keywords].map(([keyword, { setting, figures, isWithin }]) =>
    [
      keyword.padEnd(14),
      setting.threshold.toFixed(3).padStart(9),
      String(setting.patience).padStart(8),
      `${setting.refractoryMs} ms`.padStart(10),
      `${(100 * figures.falseRejectRate).toFixed(1)} %`.padStart(8),
      figures.falseAcceptsPerHour.toFixed(2).padStart(7),
      (figures.otherWords.hours === 0 ? '–' : figures.otherWords.falseAcceptsPerHour.toFixed(1)).padStart(12),
      `${quantile(figures.latenciesMs, 0.5)?.toFixed(0) ?? '–'} / ${quantile(figures.latenciesMs, 0.95)?.toFixed(0) ?? '–'} ms`.padStart(
        14,
      ),
      isWithin ? '' : '  outside the requirements',
    ].join(' '),
  );
  return [
    `scores are means of ${smoothingWindows} windows`,
    'keyword        threshold patience refractory      FRR    FA/h  other words   latency 50/95',
    ...rows,
    '',
  ].join('\n');
}
