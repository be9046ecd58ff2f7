/** What the virtual users measure, and the bars that all scenarios share. */

import { Counter, Rate, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';

import type { LoadSettings } from './settings.ts';

/** From the sending of a window's last sample to its keyword. */
export const eventLatencyMs = new Trend('kws_event_latency_ms');
/** From the opening of the socket to `ready`. */
export const readyMs = new Trend('kws_ready_ms');
/** How late k6 itself sent: if this is much, the others say nothing of the service. */
export const lateMs = new Trend('kws_late_ms');
/** Of the keywords that had to come back, those that did. */
export const recall = new Rate('kws_recall');
export const lostEvents = new Counter('kws_lost_events');
/** Keywords that nothing in the recording called for. */
export const extraEvents = new Counter('kws_extra_events');
/** Of the sessions that were told ready, those whose end was as it had to be. */
export const sessionsWhole = new Rate('kws_sessions_whole');
export const refused = new Counter('kws_refused');
/** `audio_dropped` warnings. */
export const droppedAudio = new Counter('kws_dropped_audio');

/** Latency, recall and wholeness: bars of every scenario that streams. */
export function streamThresholds({ maxP99Ms, maxLateMs }: LoadSettings): NonNullable<Options['thresholds']> {
  return {
    kws_event_latency_ms: [`p(99)<${maxP99Ms}`],
    kws_late_ms: [`p(99)<${maxLateMs}`],
    kws_recall: ['rate==1'],
    kws_extra_events: ['count==0'],
    kws_sessions_whole: ['rate==1'],
  };
}
