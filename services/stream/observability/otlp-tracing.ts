/** Spans for OpenTelemetry, sent in batches as OTLP over HTTP. Loaded only where a collector is configured. */

import { SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

import type { Attributes, Span, Tracing } from './span.ts';

const SERVICE_NAME = 'kws-stream';
/** https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
const TRACES_PATH = '/v1/traces';
/** Spans that may wait for the collector; more are dropped. */
const MAX_QUEUED_SPANS = 4096;
/** A collector that takes longer has had its chance, also when the service stops. */
const EXPORT_TIMEOUT_MS = 2000;

/** Sends to one collector; one that is away is not missed. */
export class OtlpTracing implements Tracing {
  readonly #provider: BasicTracerProvider;

  constructor(endpoint: string) {
    const exporter = new OTLPTraceExporter({ url: endpoint.replace(/\/+$/, '') + TRACES_PATH, timeoutMillis: EXPORT_TIMEOUT_MS });
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': SERVICE_NAME, 'process.pid': process.pid }),
      spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: MAX_QUEUED_SPANS, exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
    });
  }

  begin(name: string, attributes: Attributes = {}): Span {
    const span = this.#provider.getTracer(SERVICE_NAME).startSpan(name, { attributes });
    return {
      set: (more) => void span.setAttributes(more),
      fail: (code) => void span.setStatus({ code: SpanStatusCode.ERROR, message: code }).setAttribute('error.type', code),
      end: () => span.end(),
    };
  }

  close(): Promise<void> {
    return this.#provider.shutdown();
  }
}
