/** Settings in layers. */

import { expect, test } from 'vitest';
import { z } from 'zod';

import { layered, wholeNumber } from '#shared/config/layered.ts';

const SCHEMA = z.object({ PORT: wholeNumber({ min: 0, max: 65_535 }), HOST: z.string() });
const DEFAULTS = { name: 'defaults', values: { PORT: '8080', HOST: '127.0.0.1' } };

const environment = (values: Record<string, string | undefined>) => ({ name: 'environment', values });

test('lets a later layer win, setting by setting', () => {
  expect(layered(SCHEMA, [DEFAULTS, environment({ PORT: '0' })])).toEqual({ PORT: 0, HOST: '127.0.0.1' });
});

test('counts an empty or absent text as not set, and does not look at other settings', () => {
  expect(layered(SCHEMA, [DEFAULTS, environment({ PORT: '', HOST: undefined, PATH: '/bin' })])).toEqual({ PORT: 8080, HOST: '127.0.0.1' });
});

test.for(['http', '65536', '-1', '80.5', '1e3', ' 80'])('names the setting, its value and its layer when %j is no port', (value) => {
  expect(() => layered(SCHEMA, [DEFAULTS, environment({ PORT: value })])).toThrow(
    expect.objectContaining({
      code: 'invalid_configuration',
      message: `PORT=${JSON.stringify(value)} (environment): expected a whole number from 0 to 65535`,
    }),
  );
});

test('says that a setting is missing', () => {
  expect(() => layered(SCHEMA, [environment({ PORT: '80' })])).toThrow(/^HOST is not set/);
});
