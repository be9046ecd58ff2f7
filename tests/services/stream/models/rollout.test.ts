/** The rules of a rollout: who takes part, where two models disagree, and when a candidate must go. */

import { randomUUID } from 'node:crypto';

import { fc, test } from '@fast-check/vitest';
import { expect, test as it } from 'vitest';

import { RolloutBandSchema } from '#shared/registry/rollout.ts';

import { Disagreements, type Side } from '../../../../services/stream/models/disagreements.ts';
import { leavesBand } from '../../../../services/stream/models/rollout-band.ts';
import { isInShare } from '../../../../services/stream/models/rollout-share.ts';

test.prop([fc.uuid(), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })])(
  'who is in at a share is in at every larger one',
  (session, a, b) => {
    const [smaller, larger] = [Math.min(a, b), Math.max(a, b)];

    expect(isInShare(session, { id: 'r', share: smaller }) && !isInShare(session, { id: 'r', share: larger })).toBe(false);
  },
);

it('a share is about that many sessions, others for another rollout; none and all are exact', () => {
  const sessions = Array.from({ length: 4000 }, () => randomUUID());
  const inShare = (id: string, share: number): readonly string[] => sessions.filter((session) => isInShare(session, { id, share }));

  expect(inShare('one', 0.25).length / sessions.length).toBeCloseTo(0.25, 1);
  expect(inShare('one', 0.25)).not.toEqual(inShare('two', 0.25));
  expect([inShare('one', 0).length, inShare('one', 1).length]).toEqual([0, sessions.length]);
});

/** Plays events `[side, keyword, endSample]` in order, and says who was alone with what. */
function disagreements(events: readonly (readonly [Side, string, number])[], heardUntil: number): readonly Side[] {
  const alone: Side[] = [];
  const comparison = new Disagreements((side) => alone.push(side));
  for (const [side, keyword, endSample] of events) comparison.note(side, { keyword, endSample });
  comparison.heardUntil(heardUntil);
  return alone;
}

it.for([
  ['the same keyword half a second apart is one', [['incumbent', 'a', 16_000] as const, ['candidate', 'a', 24_000] as const], []],
  ['further apart it is two', [['incumbent', 'a', 16_000] as const, ['candidate', 'a', 24_001] as const], ['incumbent', 'candidate']],
  ['another keyword is another', [['incumbent', 'a', 16_000] as const, ['candidate', 'b', 16_000] as const], ['incumbent', 'candidate']],
  ['twice by one is one too many', [['candidate', 'a', 0] as const, ['candidate', 'a', 1] as const, ['incumbent', 'a', 2] as const], ['candidate']],
] as const)('%s', ([, events, expected]) => {
  expect(disagreements(events, 100_000)).toEqual(expected);
});

it('an event waits for the other model to hear as far', () => {
  expect(disagreements([['incumbent', 'a', 16_000]], 24_000)).toEqual([]);
  expect(disagreements([['incumbent', 'a', 16_000]], 24_001)).toEqual(['incumbent']);
});

it('events do not wait without limit', () => {
  expect(disagreements(Array.from({ length: 70 }, (_, i) => ['candidate', 'a', i] as const), 0)).toHaveLength(6);
});

const band = RolloutBandSchema.parse({ maxErrorRate: 0.1, minSessions: 10, eventRateRatio: { min: 0.5, max: 2 }, minAudioSeconds: 100, minEvents: 10 });
const tally = { sessions: 10, errors: 0, events: 10, audioSeconds: 100 };

it.for([
  ['equal to the incumbent', {}, undefined],
  ['at the most errors it may have', { errors: 1 }, undefined],
  ['with more', { errors: 2 }, '2 of 10 sessions failed, at most 10 % may'],
  ['with more, in too few sessions to tell', { errors: 2, sessions: 9 }, undefined],
  ['at twice the events', { events: 20 }, undefined],
  ['with more events', { events: 21 }, /756.0 events per hour, the incumbent 360.0/],
  ['with half the events', { events: 5 }, undefined],
  ['with fewer', { events: 4 }, /144.0 events per hour/],
  ['with more events in too little audio to tell', { events: 90, audioSeconds: 99 }, undefined],
] as const)('a candidate %s', ([, difference, reason]) => {
  const verdict = leavesBand({ incumbent: tally, candidate: { ...tally, ...difference } }, band);

  if (reason instanceof RegExp) expect(verdict).toMatch(reason);
  else expect(verdict).toBe(reason);
});

it('events of an incumbent that heard nothing have no ratio, unless the candidate heard too few to tell', () => {
  expect(leavesBand({ incumbent: { ...tally, events: 0 }, candidate: tally }, band)).toContain('the incumbent 0.0');
  expect(leavesBand({ incumbent: { ...tally, events: 0 }, candidate: { ...tally, events: 9 } }, band)).toBeUndefined();
});
