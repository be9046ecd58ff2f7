/** A whole recording through a session: what an upload to the service answers, from whatever engine the session has. */

import { encodePcm } from '#shared/audio/pcm.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { samplesToMs } from '#shared/model/manifest.ts';
import type { DetectAnswer, DetectedEvent } from '#shared/protocol/messages.ts';
import type { OpenSession, StartOptions } from '#shared/client/session.ts';
import { StreamError } from '#shared/client/stream-error.ts';

/** 32-bit, as the service decodes an upload. */
const FORMAT: StartOptions = { sampleRate: SAMPLE_RATE_HZ, encoding: 'pcm_f32le', channels: 1, posteriors: true };
/** A quarter of a second a message. */
const SLICE_SAMPLES = SAMPLE_RATE_HZ / 4;

/**
 * Scores a recording.
 *
 * @param samples - mono, 16 kHz
 * @throws {StreamError} `empty_wav`, or what ended the session
 */
export async function detectInSession(samples: Float32Array, openSession: OpenSession, top = 5): Promise<DetectAnswer> {
  const session = await openSession(FORMAT);
  try {
    const { model } = session.ready;
    const collected = collect(
      session.messages,
      model.keywords.map((keyword) => model.labels.indexOf(keyword)),
    );
    collected.catch(() => undefined); // awaited below, once everything is sent
    for (let start = 0; start < samples.length; start += SLICE_SAMPLES) {
      await session.writable();
      session.send(encodePcm(samples.subarray(start, start + SLICE_SAMPLES), 'pcm_f32le'));
    }
    await session.stop();
    const { events, best } = await collected;
    const ranked = model.labels.map((label, i) => ({ label, probability: best[i] ?? 0 })).sort((a, b) => b.probability - a.probability);
    const [first] = ranked;
    if (!first || best.length === 0) throw new StreamError('empty_wav', 'The recording holds no sound.');
    return {
      keyword: first.label,
      probability: first.probability,
      top: ranked.slice(0, top),
      durationMs: samplesToMs(samples.length),
      events,
      model,
    };
  } finally {
    session.close();
  }
}

/** The events, and the posteriors of the window in which a keyword scores highest. */
async function collect(messages: Awaited<ReturnType<OpenSession>>['messages'], keywordIndexes: readonly number[]) {
  const events: DetectedEvent[] = [];
  let best: readonly number[] = [];
  const highest = (values: readonly number[]): number => Math.max(-1, ...keywordIndexes.map((i) => values[i] ?? -1));
  for await (const message of messages) {
    if (message.type === 'posteriors' && highest(message.values) > highest(best)) best = message.values;
    if (message.type !== 'keyword') continue;
    const { type: _, ...event } = message;
    events.push(event);
  }
  return { events, best };
}
