/** The documents are well-formed, say all there is to say, and are what stands in `docs/`. */

import { createRequire } from 'node:module';
import { join } from 'node:path';

import { fc, test as property } from '@fast-check/vitest';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { format } from 'prettier';
import { describe, expect, test } from 'vitest';

import { CodedError } from '#shared/coded-error.ts';
import { parseClientMessage } from '#shared/protocol/codec.ts';

import { asyncApiDocument } from '../../../../services/stream/description/asyncapi.ts';
import { docsPage } from '../../../../services/stream/description/docs-page.ts';
import { openApiDocument } from '../../../../services/stream/description/openapi.ts';
import { asyncApiYaml } from '../../../../services/stream/description/serve-description.ts';
import { STREAM_ERROR_CODES } from '../../../../services/stream/errors-table.ts';
import { STATUS_OF_CODE } from '../../../../services/stream/http/problem.ts';
import { isDescribedMessage } from '../../../helpers/described.ts';
import { PROJECT_DIRECTORY } from '../../../helpers/test-server.ts';

describe('the OpenAPI document', () => {
  test('is one, by the schema of OpenAPI 3.1', async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(openApiDocument())) as Record<string, unknown>);

    expect(result).toMatchObject({ valid: true });
  });

  test('names every code that a request can be answered with', () => {
    const described = JSON.stringify(openApiDocument());
    const codes = Object.keys(STATUS_OF_CODE).filter((code) => code !== 'not_found' && code !== 'method_not_allowed');

    expect(codes.filter((code) => !described.includes(`"${code}"`))).toEqual([]);
  });
});

describe('the AsyncAPI document', () => {
  test('is one, by the schema of AsyncAPI 3.0', () => {
    const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0.json') as object;
    const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
    addFormats.default(ajv);
    const validate = ajv.compile(schema);

    validate(JSON.parse(JSON.stringify(asyncApiDocument())));

    expect(validate.errors).toBeNull();
  });

  test('names the close code of every code that a session can be told', () => {
    const told = asyncApiDocument()['x-close-codes'].flatMap(({ errors }) => errors);

    expect([...told].sort()).toEqual([...STREAM_ERROR_CODES].sort());
  });

  test('is docs/asyncapi.yaml (npx vitest run ... --update writes it)', async () => {
    const yaml = await format(asyncApiYaml(), { parser: 'yaml' });

    await expect(yaml).toMatchFileSnapshot(join(PROJECT_DIRECTORY, 'docs', 'asyncapi.yaml'));
  });

  const value = fc.oneof(
    fc.constantFrom<unknown>(1, 2, 0.5, 16_000, 8000, 48_001, 'pcm_s16le', 'yes', true, null, [], ['yes'], { yes: 0.5 }, { yes: 2 }),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const fields = [
    'sampleRate',
    'encoding',
    'channels',
    'keywords',
    'threshold',
    'patience',
    'refractoryMs',
    'posteriors',
    'token',
    'feedback',
    'kind',
    'keyword',
    'endSample',
    'other',
  ];
  property.prop(
    [
      fc.constantFrom('start', 'configure', 'feedback', 'stop'),
      fc.boolean(),
      fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 3 }),
    ],
    {
      numRuns: 2000,
    },
  )('allows a client to say exactly what the service takes', (type, isWhole, changes) => {
    const message = { type, ...(isWhole && WHOLE[type]), ...changes };

    expect(isDescribedMessage(type, message)).toBe(isTaken(message));
  });
});

/** What a message of a type needs. */
const WHOLE: Readonly<Record<string, object>> = {
  start: { sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 },
  feedback: { kind: 'missed', keyword: 'yes' },
};

function isTaken(message: object): boolean {
  try {
    parseClientMessage(JSON.stringify(message));
    return true;
  } catch (error) {
    if (error instanceof CodedError) return false;
    throw error;
  }
}

test('the page to read names every route, message and code, and brings nothing from elsewhere', async () => {
  const page = (await docsPage(openApiDocument(), asyncApiDocument())).toString();

  const words = [...Object.keys(openApiDocument().paths), ...Object.keys(asyncApiDocument().components.messages), ...STREAM_ERROR_CODES];
  expect(words.filter((word) => !page.includes(word))).toEqual([]);
  expect(page).not.toMatch(/<script|<link|src=|url\(|href="(?!\/)/);
});
