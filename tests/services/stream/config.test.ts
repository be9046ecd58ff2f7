/** The service's settings. */

import { join, resolve } from 'node:path';

import { expect, test } from 'vitest';

import { readSettings } from '../../../services/stream/config.ts';

test('stands on its own without any setting', () => {
  expect(readSettings({}, '/project')).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    engine: 'kernel',
    models: { source: { type: 'file', directory: join('/project', 'models', 'default') }, names: [], publicKeys: [] },
    buildDirectory: join('/project', 'dist'),
    limits: { maxUploadBytes: 1024 * 1024 * 1024 },
  });
});

test("takes the environment's word, with a model's folder as seen from where it is started", () => {
  const environment = { HOST: '0.0.0.0', PORT: '9000', MODEL_SOURCE: 'file:some/model', ENGINE: 'reference', MAX_SESSIONS: '3' };

  expect(readSettings(environment, '/project')).toMatchObject({
    host: '0.0.0.0',
    port: 9000,
    engine: 'reference',
    models: { source: { directory: resolve('some/model') } },
    limits: { maxSessions: 3 },
  });
});

test.for([
  ['PORT', 'eighty'],
  ['PORT', '70000'],
  ['MODEL_SOURCE', 'models/default'],
  ['MODEL_SOURCE', 'file:'],
  ['MODEL_NAME', 'Wake Word'],
  ['MODEL_NAME', 'one,one'],
  ['ENGINE', 'onnx'],
  ['LOG_LEVEL', 'loud'],
  ['MAX_SESSIONS', '0'],
  ['IDLE_TIMEOUT_MS', '1.5'],
] as const)('names the variable when %s is %s', ([name, value]) => {
  expect(() => readSettings({ [name]: value }, '/project')).toThrow(
    expect.objectContaining({
      code: 'invalid_configuration',
      message: expect.stringContaining(`${name}="${value}" (environment)`) as string,
    }),
  );
});

test('models of a registry are called as the one that ships, unless their names are given', () => {
  const environment = { MODEL_SOURCE: 'nats', INSTANCE_NAME: 'pod.one' };

  expect(readSettings(environment, '/project').models).toMatchObject({
    source: { type: 'nats' },
    names: ['commands'],
    instanceName: 'pod-one',
  });
  expect(readSettings({ ...environment, MODEL_NAME: 'wake, commands' }, '/project').models.names).toEqual(['wake', 'commands']);
});

test('names every variable at fault', () => {
  expect(() => readSettings({ PORT: 'x', ENGINE: 'y' }, '/project')).toThrow(/PORT=.*; ENGINE=|ENGINE=.*; PORT=/);
});
