/** The two descriptions as one page to read: plain HTML, no script, nothing from elsewhere. */

import { html, raw } from 'hono/html';

import type { AsyncApiDocument } from './asyncapi.ts';
import type { JsonSchema } from './json-schemas.ts';
import type { OpenApiDocument } from './openapi.ts';
import { ROUTES, type Route } from './routes.ts';
import { schemaText } from './schema-text.ts';

type Html = ReturnType<typeof html>;
type Operation = OpenApiDocument['paths'][string][string];

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
  section { margin-block: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  td, th { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid color-mix(in srgb, currentcolor 20%, transparent); }
  h3 { margin-block: 1.5rem 0.5rem; }
  code { font-family: ui-monospace, monospace; font-size: 0.9em; }
  .wide { overflow-x: auto; }
`;

/** Needs nothing but its own style. */
export const DOCS_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Writes the page. */
export function docsPage(http: OpenApiDocument, socket: AsyncApiDocument): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${http.info.title}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>${http.info.title}</h1>
          <p>${text(http.info.description)}</p>
          <p>For programs: <a href="/openapi.json">openapi.json</a>, <a href="/asyncapi.yaml">asyncapi.yaml</a>.</p>
          <h2>HTTP</h2>
          ${ROUTES.map((route) => routeSection(route, http.paths[route.path]?.[route.method]))}
          <h2>WebSocket: <code>${socket.channels.stream.address}</code></h2>
          <p>${text(socket.info.description)}</p>
          ${messageSection('What clients send', socket.operations.hear.messages, socket)}
          ${messageSection('What the service sends', socket.operations.tell.messages, socket)} ${closeCodes(socket)}
          <h2>Schemas</h2>
          ${Object.entries({ ...http.components.schemas, modelSummary: socket.components.schemas['modelSummary'] ?? {} }).map(schemaSection)}
        </main>
      </body>
    </html>`;
}

function routeSection({ method, path }: Route, operation: Operation | undefined): Html {
  return html`<section>
    <h3><code>${method.toUpperCase()} ${path}</code></h3>
    <p><strong>${operation?.summary}.</strong> ${text(operation?.description ?? '')}</p>
    ${operation?.requestBody ? html`<p>Body: ${text(codeList(Object.keys(operation.requestBody.content)))}</p>` : ''}
    ${operation?.parameters ? table(['query', 'is', ''], operation.parameters.map(parameterRow)) : ''}
    ${table(['status', 'answer'], Object.entries(operation?.responses ?? {}).map(answerRow))}
  </section>`;
}

function parameterRow({ name, schema, description = '' }: NonNullable<Operation['parameters']>[number]): readonly Html[] {
  return [html`<code>${name}</code>`, html`${schemaText(schema)}`, text(description)];
}

function answerRow([status, { description, content }]: [string, { description: string; content: object }]): readonly Html[] {
  return [html`${status}`, html`${text(description)} <code>${Object.keys(content).join(', ')}</code>`];
}

function messageSection(title: string, messages: readonly { readonly $ref: string }[], { components }: AsyncApiDocument): Html {
  const types = messages.map(({ $ref }) => $ref.split('/').at(-1) ?? '');
  return html`<h3>${title}</h3>
    ${types.map((type) => schemaSection([type, components.schemas[type] ?? components.messages[type]?.payload ?? {}]))}`;
}

function closeCodes(socket: AsyncApiDocument): Html {
  const rows = socket['x-close-codes'].map(({ code, errors }) => [html`${code}`, text(codeList(errors))]);
  return html`<h3>Close codes</h3>
    ${table(['close', 'after an error with the code'], rows)}`;
}

function schemaSection([name, schema]: [string, JsonSchema]): Html {
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([field, value]) => [
    html`<code>${field}</code>${required.has(field) ? '' : ' (optional)'}`,
    html`${schemaText(value)}`,
    text(typeof value === 'boolean' ? '' : (value.description ?? '')),
  ]);
  return html`<section id="${name}">
    <h4><code>${name}</code></h4>
    <p>${text(schema.description ?? '')}</p>
    ${rows.length > 0 ? table(['field', 'is', ''], rows) : ''}
  </section>`;
}

function table(heads: readonly string[], rows: readonly (readonly Html[])[]): Html {
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function codeList(codes: readonly string[]): string {
  return codes.map((code) => `\`${code}\``).join(', ');
}

/** Text whose words in backticks are code. */
function text(source: string): Html {
  return html`${source.split('`').map((part, i) => (i % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}
