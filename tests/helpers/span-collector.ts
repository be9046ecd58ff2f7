/** A small OpenTelemetry collector: takes OTLP/JSON over HTTP and keeps the spans. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { onTestFinished } from 'vitest';
import { z } from 'zod';

const AttributeSchema = z.object({ key: z.string(), value: z.looseObject({}) });
const SpanSchema = z.object({
  name: z.string(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: z.array(AttributeSchema),
  status: z.object({ code: z.int(), message: z.string().optional() }),
});
/** https://github.com/open-telemetry/opentelemetry-proto: `ExportTraceServiceRequest`. */
const RequestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(AttributeSchema) }),
      scopeSpans: z.array(z.object({ spans: z.array(SpanSchema) })),
    }),
  ),
});

export interface CollectedSpan {
  readonly name: string;
  readonly service: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly failure: string | undefined;
  readonly isOrdered: boolean;
}

/** Listens on a free port; ends with the test. */
export async function startSpanCollector(): Promise<{ readonly url: string; readonly spans: readonly CollectedSpan[] }> {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url === '/v1/traces') spans.push(...spansOf(JSON.parse(body)));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans };
}

function spansOf(json: unknown): CollectedSpan[] {
  return RequestSchema.parse(json).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map(({ name, attributes, status, startTimeUnixNano, endTimeUnixNano }) => ({
        name,
        service: valuesOf(resource.attributes)['service.name'],
        attributes: valuesOf(attributes),
        failure: status.message,
        isOrdered: BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano),
      })),
    ),
  );
}

function valuesOf(attributes: readonly z.infer<typeof AttributeSchema>[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
