/** What is counted, for Prometheus. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5];
const INFERENCE_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1];

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * The metrics of one process, in a registry of their own.
 *
 * @param loadOf - the share of a core that live sessions take, asked for when metrics are read
 */
export function createMetrics(loadOf: () => number) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    sessions: new Gauge({ name: 'kws_sessions', help: 'Sockets that are open.', registers }),
    sessionsStarted: new Counter({ name: 'kws_sessions_started_total', help: 'Sessions that were told ready.', registers }),
    sessionsEnded: new Counter({ name: 'kws_sessions_ended_total', help: 'Sockets closed, by code.', labelNames: ['code'], registers }),
    refused: new Counter({
      name: 'kws_refused_total',
      help: 'Sessions and uploads refused or failed, by code.',
      labelNames: ['reason'],
      registers,
    }),
    windows: new Counter({ name: 'kws_windows_total', help: 'Windows scored for sessions.', registers }),
    audioSeconds: new Counter({ name: 'kws_audio_seconds_total', help: 'Audio that sessions were heard.', registers }),
    keywords: new Counter({ name: 'kws_keywords_total', help: 'Keyword events, by keyword.', labelNames: ['keyword'], registers }),
    droppedAudioSeconds: new Counter({
      name: 'kws_dropped_audio_seconds_total',
      help: 'Audio dropped as the service was behind.',
      registers,
    }),
    droppedPosteriors: new Counter({ name: 'kws_dropped_posteriors_total', help: 'Posteriors left out for slow readers.', registers }),
    pausedReads: new Counter({ name: 'kws_paused_reads_total', help: 'Times a socket had to wait as its client was ahead.', registers }),
    skippedWindows: new Counter({ name: 'kws_skipped_windows_total', help: 'Windows left out as silence.', registers }),
    warnings: new Counter({ name: 'kws_warnings_total', help: 'Warnings sent to clients, by code.', labelNames: ['code'], registers }),
    feedback: new Counter({
      name: 'kws_feedback_total',
      help: 'Feedback of clients, by kind and by what became of it: kept, or why not.',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    ...createHistograms(registers),
    load: new Gauge({
      name: 'kws_load_ratio',
      help: 'Share of a core that live sessions take.',
      registers,
      collect() {
        this.set(loadOf());
      },
    }),
    uploads: new Counter({ name: 'kws_uploads_total', help: 'Uploads answered, by status.', labelNames: ['status'], registers }),
    uploadSeconds: new Counter({ name: 'kws_upload_audio_seconds_total', help: 'Audio of uploads.', registers }),
  };
}

function createHistograms(registers: Registry[]) {
  return {
    eventLatency: new Histogram({
      name: 'kws_event_latency_seconds',
      help: 'From the arrival of a window’s last sample to its event being sent.',
      buckets: LATENCY_SECONDS,
      registers,
    }),
    sliceWait: new Histogram({
      name: 'kws_audio_wait_seconds',
      help: 'From the arrival of audio to its being worked on.',
      buckets: LATENCY_SECONDS,
      registers,
    }),
    inference: new Histogram({
      name: 'kws_window_inference_seconds',
      help: 'Features and network, per window.',
      buckets: INFERENCE_SECONDS,
      registers,
    }),
  };
}
