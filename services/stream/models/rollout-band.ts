/** Whether a candidate still does what it may. */

import type { RolloutBand } from '#shared/registry/rollout.ts';
import type { RolloutTally } from '#shared/registry/status.ts';

export interface Tallies {
  readonly incumbent: RolloutTally;
  readonly candidate: RolloutTally;
}

/** @returns why the rollout must end, if it must */
export function leavesBand(tallies: Tallies, band: RolloutBand): string | undefined {
  return tooManyErrors(tallies.candidate, band) ?? unlikeEvents(tallies, band);
}

function tooManyErrors({ errors, sessions }: RolloutTally, { maxErrorRate, minSessions }: RolloutBand): string | undefined {
  if (sessions < minSessions || errors <= maxErrorRate * sessions) return undefined;
  return `${errors} of ${sessions} sessions failed, at most ${percent(maxErrorRate)} may`;
}

function unlikeEvents({ incumbent, candidate }: Tallies, band: RolloutBand): string | undefined {
  const { minAudioSeconds, minEvents, eventRateRatio } = band;
  if (Math.min(incumbent.audioSeconds, candidate.audioSeconds) < minAudioSeconds) return undefined;
  if (incumbent.events + candidate.events < minEvents) return undefined;
  const ratio = eventsPerHour(candidate) / eventsPerHour(incumbent);
  if (ratio >= eventRateRatio.min && ratio <= eventRateRatio.max) return undefined;
  const rates = `${eventsPerHour(candidate).toFixed(1)} events per hour, the incumbent ${eventsPerHour(incumbent).toFixed(1)}`;
  return `the candidate has ${rates}; their ratio must be from ${eventRateRatio.min} to ${eventRateRatio.max}`;
}

/** Infinite where nothing was heard in no time, which is no ratio at all. */
function eventsPerHour({ events, audioSeconds }: RolloutTally): number {
  return (events * 3600) / audioSeconds;
}

function percent(share: number): string {
  return `${Math.round(1000 * share) / 10} %`;
}
