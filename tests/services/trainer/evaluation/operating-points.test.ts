/** The choice of operating points weighs words missed against words imagined and time lost. */

import { describe, expect, test } from 'vitest';

import { bestChoice, planOperatingPoints } from '../../../../services/trainer/evaluation/operating-points.ts';
import type { Hearing, KeywordFigures } from '../../../../services/trainer/evaluation/streaming.ts';

const REQUIREMENTS = { falseAcceptsPerHour: 1, latencyMedianMs: 150, latencyP95Ms: 350 };
const STRIDE = 1280;

interface Wanted {
  readonly missed: number;
  readonly falseAccepts: number;
  readonly latencyMs?: number;
  readonly onOtherWords?: number;
}

describe('of some candidates', () => {
  test('the one that misses least within budget and latency is chosen', () => {
    const chosen = choose({
      0.3: { missed: 0, falseAccepts: 9 },
      0.5: { missed: 4, falseAccepts: 1, latencyMs: 200 },
      0.7: { missed: 5, falseAccepts: 1 },
      0.9: { missed: 8, falseAccepts: 0 },
    });

    expect(chosen).toMatchObject({ isWithin: true, setting: { threshold: 0.7 } });
  });

  test('a late one is better than none within the budget', () => {
    const chosen = choose({ 0.5: { missed: 2, falseAccepts: 1, latencyMs: 200 }, 0.3: { missed: 0, falseAccepts: 9 } });

    expect(chosen).toMatchObject({ isWithin: false, setting: { threshold: 0.5 } });
  });

  test('one up to twice as late is better where it spares two misses of five, and only there', () => {
    const timely = { missed: 10, falseAccepts: 1 };
    const chosenBeside = (late: Omit<Wanted, 'falseAccepts'>) => choose({ 0.9: timely, 0.5: { ...late, falseAccepts: 1 } });

    expect(chosenBeside({ missed: 6, latencyMs: 290 })).toMatchObject({ isWithin: false, setting: { threshold: 0.5 } });
    expect(chosenBeside({ missed: 7, latencyMs: 290 })).toMatchObject({ isWithin: true, setting: { threshold: 0.9 } });
    expect(chosenBeside({ missed: 2, latencyMs: 310 })).toMatchObject({ isWithin: true, setting: { threshold: 0.9 } });
  });

  test('quiet is not bought with a keyword that is hardly ever heard', () => {
    const chosen = choose({
      0.5: { missed: 5, falseAccepts: 9 },
      0.7: { missed: 20, falseAccepts: 5 },
      0.9: { missed: 80, falseAccepts: 0 },
    });

    expect(chosen).toMatchObject({ isWithin: false, setting: { threshold: 0.7 } });
  });

  test('the budget is one of speech: of equals there the one that other words set off least is chosen', () => {
    const chosen = choose({
      0.4: { missed: 2, falseAccepts: 1, onOtherWords: 0 },
      0.5: { missed: 1, falseAccepts: 1, onOtherWords: 40 },
      0.6: { missed: 1, falseAccepts: 1, onOtherWords: 50 },
    });

    expect(chosen).toMatchObject({ isWithin: true, setting: { threshold: 0.5 } });
  });

  test('of equals the one that is hardest to set off is chosen', () => {
    const chosen = choose({ 0.5: { missed: 1, falseAccepts: 0 }, 0.8: { missed: 1, falseAccepts: 0 } });

    expect(chosen.setting.threshold).toBe(0.8);
  });
});

describe('of what a model has heard', () => {
  test('the threshold lies between the keyword and what sounds like it', () => {
    const { keywords } = planOperatingPoints(hearing({ word: 0.8, speech: 0.6 }), { releaseRatio: 0.6, requirements: REQUIREMENTS });

    const { setting, figures, isWithin } = keywords.get('yes')!;
    expect(setting.threshold).toBeGreaterThan(0.6);
    expect(setting.threshold).toBeLessThanOrEqual(0.8);
    expect(figures).toMatchObject({ missed: 0, falseAccepts: 0 });
    expect(isWithin).toBe(true);
  });

  test('the threshold finds its place even where a model is sure of both', () => {
    const heard = hearing({ word: 0.9985, speech: 0.992, speechWindows: 4 });

    const { setting, figures } = planOperatingPoints(heard, { releaseRatio: 0.6, requirements: REQUIREMENTS }).keywords.get('yes')!;

    expect(setting.threshold).toBeGreaterThan(0.992);
    expect(figures).toMatchObject({ missed: 0, falseAccepts: 0 });
  });

  test('smoothing or patience rides over a single odd window that scores like the keyword', () => {
    const plan = planOperatingPoints(hearing({ word: 0.8, speech: 0.8 }), { releaseRatio: 0.6, requirements: REQUIREMENTS });

    const { setting, figures } = plan.keywords.get('yes')!;
    expect(setting.patience * plan.smoothingWindows).toBeGreaterThan(1);
    expect(figures).toMatchObject({ missed: 0, falseAccepts: 0 });
  });
});

function choose(candidates: Readonly<Record<string, Wanted>>) {
  return bestChoice(
    Object.entries(candidates).map(([threshold, wanted]) => ({
      setting: { threshold: Number(threshold), patience: 1, refractoryMs: 1000, releaseRatio: 0.6 },
      figures: figuresOf(wanted),
    })),
    REQUIREMENTS,
  );
}

function figuresOf({ missed, falseAccepts, latencyMs = 100, onOtherWords = 0 }: Wanted): KeywordFigures {
  const rates = { falseRejectRate: missed / 100, falseAcceptsPerHour: falseAccepts, untranscribed: { falseAccepts: 0, speechHours: 0 } };
  const otherWords = { falseAccepts: onOtherWords, hours: 2, falseAcceptsPerHour: onOtherWords / 2 };
  return { ...rates, otherWords, words: 100, missed, falseAccepts, speechHours: 1, repeated: 0, latenciesMs: [latencyMs] };
}

/** A word that scores so high in four windows, and speech in which one window does, or some. */
function hearing({ word, speech, speechWindows = 1 }: { word: number; speech: number; speechWindows?: number }): Hearing {
  const condition = { name: 'clean', snrDb: undefined };
  const scores = (values: readonly number[]) => ({
    samples: 16_000 * 3600,
    endSamples: Float64Array.from(values, (_, i) => 16_000 + i * STRIDE),
    posteriors: Float32Array.from(values.flatMap((value) => [value, 1 - value])),
  });
  const spoken = scores([0, 0, 0, 0, 0, word, word, word, word, 0, 0, 0, 0, 0]);
  const imagined = scores([0, 0, 0, 0, 0, ...new Array<number>(speechWindows).fill(speech), 0, 0, 0, 0, 0, 0]);
  const endSample = 16_000 + 5 * STRIDE;
  return {
    manifest: { labels: ['yes', '_unknown_'], keywords: ['yes'] },
    words: [{ keyword: 'yes', condition, track: spoken, words: [{ startSample: endSample - 8000, endSample }] }],
    speech: [{ condition, track: imagined, lacks: () => true, isTranscribed: true }],
    otherWords: [],
  };
}
