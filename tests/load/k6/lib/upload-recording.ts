/** One upload of a recording, held to what must be heard in it. */

import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';

import type { DetectedEvent } from '#shared/protocol/messages.ts';

import type { Programme } from './programmes.ts';

const OK = 200;
const UNAVAILABLE = 503;

/** From the first byte sent to the whole answer. */
const uploadMs = new Trend('kws_upload_ms');
/** Of the uploads that were taken, those whose events are the right ones. */
const uploadsRight = new Rate('kws_uploads_right');
/** Uploads answered 503 `no_capacity`. */
const uploadsRefused = new Counter('kws_uploads_refused');

/** What became of it. */
export type UploadOutcome = 'right' | 'wrong' | 'refused';

export function uploadProgramme(url: string, { wav, wavEvents }: Programme): UploadOutcome {
  const response = http.post(`${url}/v1/detect`, wav, { headers: { 'Content-Type': 'audio/wav' } });
  if (response.status === UNAVAILABLE && response.json('code') === 'no_capacity') {
    uploadsRefused.add(1);
    return 'refused';
  }
  const isRight = response.status === OK && isSame(response.json('events') as unknown as DetectedEvent[], wavEvents);
  if (!isRight) console.warn(`upload answered ${response.status}: ${(response.body as string).slice(0, 200)}`);
  uploadsRight.add(isRight);
  uploadMs.add(response.timings.duration);
  return isRight ? 'right' : 'wrong';
}

function isSame(heard: readonly DetectedEvent[], due: readonly DetectedEvent[]): boolean {
  const placesOf = (events: readonly DetectedEvent[]): string =>
    events.map(({ keyword, endSample }) => `${keyword}@${endSample}`).join(' ');
  return placesOf(heard) === placesOf(due);
}
