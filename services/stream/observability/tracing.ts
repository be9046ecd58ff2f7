/** Spans of sessions and uploads; they cost nothing unless somebody collects them. */

import { CodedError } from '#shared/coded-error.ts';

import type { Span, Tracing } from './span.ts';

const NO_SPAN: Span = { set: () => undefined, fail: () => undefined, end: () => undefined };
export const NO_TRACING: Tracing = { begin: () => NO_SPAN, close: () => Promise.resolve() };

/**
 * Prepares for a collector; without one, OpenTelemetry is not even loaded.
 *
 * @param endpoint - where the collector takes OTLP over HTTP, such as `http://127.0.0.1:4318`
 */
export async function openTracing(endpoint: string | undefined): Promise<Tracing> {
  if (endpoint === undefined) return NO_TRACING;
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  return new OtlpTracing(endpoint);
}

/** Does a piece of work in a span that fails and ends with it. */
export async function traced<Result>(tracing: Tracing, name: string, work: (span: Span) => Promise<Result>): Promise<Result> {
  const span = tracing.begin(name);
  try {
    return await work(span);
  } catch (error) {
    span.fail(codeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

function codeOf(error: unknown): string {
  if (error instanceof CodedError) return error.code;
  return error instanceof Error && error.name === 'AbortError' ? 'given_up' : 'internal_error';
}
