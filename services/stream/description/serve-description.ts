/** Lets the service describe itself. */

import type { Hono } from 'hono';
import { stringify } from 'yaml';

import { asyncApiDocument } from './asyncapi.ts';
import { docsPage, DOCS_POLICY } from './docs-page.ts';
import { openApiDocument } from './openapi.ts';
import { ASYNCAPI_PATH, DOCS_PATH, OPENAPI_PATH } from './routes.ts';

/** Adds `/openapi.json`, `/asyncapi.yaml` and `/docs`; each is written once, when it is first asked for. */
export function serveDescription(app: Hono): void {
  const openapi = once(openApiDocument);
  const asyncapi = once(asyncApiYaml);
  const page = once(() => docsPage(openApiDocument(), asyncApiDocument()));

  app.get(OPENAPI_PATH, (context) => context.json(openapi()));
  app.get(ASYNCAPI_PATH, (context) => context.body(asyncapi(), 200, { 'Content-Type': 'application/yaml' }));
  app.get(DOCS_PATH, (context) =>
    context.html(page(), 200, { 'Content-Security-Policy': DOCS_POLICY, 'X-Content-Type-Options': 'nosniff' }),
  );
}

/** As `docs/asyncapi.yaml` has it. */
export function asyncApiYaml(): string {
  return stringify(asyncApiDocument(), { aliasDuplicateObjects: false });
}

function once<Result>(make: () => Result): () => Result {
  let made: { readonly result: Result } | undefined;
  return () => (made ??= { result: make() }).result;
}
