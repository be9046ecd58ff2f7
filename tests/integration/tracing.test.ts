/** Spans of sessions and uploads, as a real collector gets them. */

import { expect, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { writeWav } from '#shared/audio/wav.ts';

import { readSettings } from '../../services/stream/config.ts';
import { NO_TRACING, openTracing } from '../../services/stream/observability/tracing.ts';
import { babble } from '../helpers/arbitrary-audio.ts';
import { upload, uploadRefused } from '../helpers/detect-upload.ts';
import { startSpanCollector } from '../helpers/span-collector.ts';
import { connect, MONO_S16 } from '../helpers/stream-client.ts';
import { PROJECT_DIRECTORY, startTestServer } from '../helpers/test-server.ts';

test('a collector gets a span for each session and upload, well ended or not', async () => {
  const collector = await startSpanCollector();
  const server = await startTestServer({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const [good, bad] = [await connect(server.url), await connect(server.url)];
  good.send(MONO_S16);
  good.sendAudio(encodePcm(babble(16_000), 'pcm_s16le'));
  good.send({ type: 'stop' });
  bad.send({ ...MONO_S16, keywords: ['sesame'] });
  await Promise.all([good.closed, bad.closed]);
  await upload(server.url, writeWav(babble(16_000), 16_000));
  await uploadRefused(server.url, new Uint8Array(100));

  await server.close();

  const seen = (name: string) => collector.spans.filter((span) => span.name === name);
  expect(seen('kws.session')).toHaveLength(2);
  expect(seen('kws.session')).toContainEqual(
    expect.objectContaining({
      service: 'kws-stream',
      failure: undefined,
      isOrdered: true,
      attributes: expect.objectContaining({ sampleRate: 16_000, 'kws.model': 'tiny', windows: 1 }) as object,
    }),
  );
  expect(seen('kws.session')).toContainEqual(expect.objectContaining({ failure: 'unknown_keyword' }));
  expect(seen('kws.upload').map(({ failure }) => failure)).toEqual([undefined, 'not_wav']);
  expect(seen('kws.upload')[0]?.attributes).toMatchObject({ durationMs: 1000, 'kws.model': 'tiny' });
});

test('a collector that is away changes nothing', async () => {
  const server = await startTestServer({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });

  expect(await upload(server.url, writeWav(babble(16_000), 16_000))).toMatchObject({ durationMs: 1000 });
  await server.close();
});

test('without a collector there is no tracing', async () => {
  expect(readSettings({}, PROJECT_DIRECTORY).traceEndpoint).toBeUndefined();
  expect(await openTracing(undefined)).toBe(NO_TRACING);
});
