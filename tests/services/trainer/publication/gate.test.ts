/** The gate lets through what is at least as good in every respect, and nothing else. */

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { formatVerdict, judge, type Contest, type ModelFigures } from '../../../../services/trainer/publication/gate.ts';
import { GateRulesSchema, readGateRules } from '../../../../services/trainer/publication/gate-rules.ts';

const RULES = GateRulesSchema.parse({});
const INCUMBENT: ModelFigures = {
  version: '1',
  keywords: ['yes', 'no'],
  accuracy: 0.9,
  streaming: { falseAcceptsPerHour: 0.5, falseRejectRate: 0.1 },
};

function contest(candidate: Partial<ModelFigures>, costRatio = 1): Contest {
  return { candidate: { ...INCUMBENT, version: '2', ...candidate }, incumbent: { figures: INCUMBENT, costRatio } };
}

/** The rules that fail. */
function faults(what: Contest, rules = RULES): string[] {
  return judge(what, rules)
    .outcomes.filter(({ holds }) => !holds)
    .map(({ rule }) => rule);
}

describe('judge', () => {
  test('lets an equal candidate pass', () => {
    expect(judge(contest({}), RULES)).toMatchObject({ passes: true });
  });

  test.each([
    ['worse on clips', contest({ accuracy: 0.8999 }), 'accuracy on the test clips'],
    [
      'accepts more by mistake',
      contest({ streaming: { falseAcceptsPerHour: 0.61, falseRejectRate: 0.1 } }),
      'false accepts per hour and keyword',
    ],
    ['misses more', contest({ streaming: { falseAcceptsPerHour: 0.5, falseRejectRate: 0.106 } }), 'words missed in streams'],
    ['is slower', contest({}, 1.11), 'time in the kernel'],
    ['knows fewer words', contest({ keywords: ['yes', 'stop'] }), 'keywords'],
  ])('refuses a candidate that %s, and names that rule alone', (_, what, rule) => {
    expect(faults(what)).toEqual([rule]);
    expect(formatVerdict(judge(what, RULES))).toContain('FAILS');
  });

  test('holds a first model to the absolute rules', () => {
    const poor = { ...INCUMBENT, accuracy: 0.4, streaming: { falseAcceptsPerHour: 1.1, falseRejectRate: 0.9 } };

    expect(faults({ candidate: poor })).toEqual(['accuracy on the test clips', 'false accepts per hour and keyword']);
    expect(faults({ candidate: INCUMBENT })).toEqual([]);
  });

  test('keeps the absolute budget of false accepts, however many the incumbent makes', () => {
    const noisy = { ...INCUMBENT, streaming: { falseAcceptsPerHour: 3, falseRejectRate: 0.1 } };

    expect(faults({ candidate: noisy, incumbent: { figures: noisy, costRatio: 1 } })).toEqual(['false accepts per hour and keyword']);
  });

  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const figures = fc.record({ accuracy: share, falseAcceptsPerHour: fc.double({ min: 0, max: 5, noNaN: true }), falseRejectRate: share });
  test.prop([figures, share, share, share])('never refuses what is better than something that passes', (base, gain, fewer, less) => {
    const of = (accuracy: number, falseAcceptsPerHour: number, falseRejectRate: number): Contest =>
      contest({ accuracy, streaming: { falseAcceptsPerHour, falseRejectRate } });
    const better = of(Math.min(1, base.accuracy + gain), base.falseAcceptsPerHour * fewer, base.falseRejectRate * less);

    const passes = judge(of(base.accuracy, base.falseAcceptsPerHour, base.falseRejectRate), RULES).passes;

    expect(!passes || judge(better, RULES).passes).toBe(true);
  });
});

describe('readGateRules', () => {
  test('reads the rules that come with the project', async () => {
    expect(await readGateRules('standard')).toEqual(RULES);
  });

  test('names the file that is not there, and the rule that is unknown', async () => {
    await expect(readGateRules('nowhere')).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('nowhere') as unknown,
    });
    await expect(readGateRules('config/train/quick.yaml')).rejects.toMatchObject({ code: 'invalid_config' });
  });
});
