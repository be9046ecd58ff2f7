/** The HTTP side as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html), from the schemas that validate it. */

import { STATUS_CODES } from 'node:http';

import { PROBLEM_CONTENT_TYPE, STATUS_OF_CODE } from '../http/problem.ts';
import { componentSchemas, queryParameters, refTo } from './json-schemas.ts';
import { PROBLEMS_OF_ALL, ROUTES, SCHEMAS, type Route } from './routes.ts';

/** Raised with every incompatible change, as the paths' `v1`. */
const API_VERSION = '1.0.0';
/** Whoever needs no token may leave it away. */
const SECURITY = [{}, { token: [] }];

export type OpenApiDocument = ReturnType<typeof openApiDocument>;

/** The whole document. */
export function openApiDocument() {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Keyword spotting as a service',
      version: API_VERSION,
      description: 'Finds spoken keywords in recordings and in live audio. Live audio goes over a WebSocket, see `/asyncapi.yaml`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: pathsOf(ROUTES),
    components: {
      schemas: componentSchemas(SCHEMAS),
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Where the service is configured to need one.' } },
    },
  };
}

function pathsOf(routes: readonly Route[]) {
  return Object.fromEntries(routes.map((route) => [route.path, { [route.method]: operationOf(route) }]));
}

function operationOf({ summary, description, query, body, wantsToken = false, answer, problems }: Route) {
  return {
    summary,
    ...(description !== undefined && { description }),
    ...(query && { parameters: queryParameters(query) }),
    ...(body && { requestBody: { required: true, content: mapValues(body, bodySchema) } }),
    ...(wantsToken && { security: SECURITY }),
    responses: { ...(answer && { 200: answerOf(answer) }), ...problemsOf([...problems, ...PROBLEMS_OF_ALL]) },
  };
}

function bodySchema({ formFile }: { readonly formFile?: string }) {
  if (formFile === undefined) return {}; // bytes have no schema in OpenAPI 3.1
  const file = { type: 'string', contentMediaType: 'audio/wav' };
  return { schema: { type: 'object', required: [formFile], properties: { [formFile]: file } } };
}

function answerOf({ type, schema }: NonNullable<Route['answer']>) {
  return { description: 'All is well.', content: { [type]: schema ? { schema: refTo(schema) } : {} } };
}

/** One answer a status; its schema names the codes that the status may stand for. */
function problemsOf(codes: readonly string[]) {
  const codesOf = new Map<number, string[]>();
  for (const code of codes) {
    const status = STATUS_OF_CODE[code] ?? 500;
    codesOf.set(status, [...(codesOf.get(status) ?? []), code]);
  }
  return Object.fromEntries([...codesOf].map(([status, those]) => [status, problemAnswer(status, those)]));
}

function problemAnswer(status: number, codes: readonly string[]) {
  const schema = { allOf: [refTo('Problem')], properties: { status: { const: status }, code: { enum: codes } } };
  return {
    description: `${STATUS_CODES[status] ?? status}: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    content: { [PROBLEM_CONTENT_TYPE]: { schema } },
  };
}

function mapValues<Value, Result>(record: Readonly<Record<string, Value>>, map: (value: Value) => Result): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
