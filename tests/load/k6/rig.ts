/** What k6 itself can do: audio in real time to a server that answers each message at once and hears nothing. */

import { Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';

import type { ServerMessage } from '#shared/protocol/messages.ts';

import { openProgrammes } from './lib/programmes.ts';
import { gracefulStop, readSettings } from './lib/settings.ts';
import { TREND_STATS, writeSummary } from './lib/summary.ts';
import { programmeOfTurn, waitForTurn } from './lib/turns.ts';

const settings = readSettings();
const programmes = openProgrammes();
const SAMPLES_PER_MS = 16;

/** How late k6 sent, and from there to the answer. */
const lateMs = new Trend('kws_late_ms');
const echoMs = new Trend('kws_echo_ms');

export const options: Options = {
  scenarios: {
    rig: { executor: 'per-vu-iterations', vus: settings.sessions, iterations: 1, maxDuration: gracefulStop(settings) },
  },
  thresholds: { kws_late_ms: [`p(99)<${settings.maxLateMs}`] },
  summaryTrendStats: TREND_STATS,
};

export default async function oneSocket(): Promise<void> {
  await waitForTurn(settings);
  await new Promise<void>((resolve) => {
    const { chunkSamples, chunkAt, chunks } = programmeOfTurn(programmes);
    const socket = new WebSocket(settings.url.replace(/^http/, 'ws'));
    const sentMs: number[] = [];
    const beganMs = Date.now();
    const sendDue = (): void => {
      for (;;) {
        const nowMs = Date.now();
        const dueMs = beganMs + ((sentMs.length + 1) * chunkSamples) / SAMPLES_PER_MS;
        if (sentMs.length === chunks) return socket.send('{"type":"stop"}');
        if (dueMs > nowMs) return void setTimeout(sendDue, dueMs - nowMs);
        lateMs.add(nowMs - dueMs);
        socket.send(chunkAt(sentMs.length));
        sentMs.push(nowMs);
      }
    };
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: 'start', sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1, posteriors: true }));
      sendDue();
    };
    socket.onmessage = (event) => {
      const message = JSON.parse(event?.data as string) as ServerMessage;
      if (message.type === 'posteriors') echoMs.add(Date.now() - (sentMs[message.endSample / chunkSamples - 1] ?? NaN));
    };
    socket.onclose = () => resolve();
  });
}

export const handleSummary = writeSummary(settings);
