/** Configurations composed of groups: who wins, what is refused, and how the refusal reads. */

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { fc, test as propertyTest } from '@fast-check/vitest';
import { describe, expect, onTestFinished, test } from 'vitest';

import { composeConfig } from '../../../../services/trainer/configuration/compose.ts';
const PROJECT_DIRECTORY = fileURLToPath(new URL('../../../../', import.meta.url));

const GROUPS = await Promise.all(
  ['features', 'data', 'model', 'train', 'augment', 'tracking'].map(async (group) => {
    const files = await readdir(join(PROJECT_DIRECTORY, 'config', group));
    return files.map((file) => `${group}=${file.replace('.yaml', '')}`);
  }),
);

describe('what a configuration is made of', () => {
  test.each(GROUPS.flat())('%s composes with the defaults', async (choice) => {
    const { yaml } = await composeConfig({ overrides: [choice] });

    expect(yaml.split('\n')[0]).toContain(choice);
  });

  test('the main files of the project compose', async () => {
    const [commands, wake] = await Promise.all([composeConfig(), composeConfig({ main: 'wake' })]);

    expect(commands.config).toMatchObject({ name: 'commands', training: { batchSize: 128 } });
    expect(wake.config).toMatchObject({ name: 'wake' });
    expect(wake.config.keywords).toContain('alexa');
  });

  test('the command line wins over the environment, which wins over the files', async () => {
    const environment = { TRAINER__TRAIN__EPOCHS: '7', TRAINER__TRAIN__LEARNING_RATE: '0.5', TRAINER__MODEL: 'small', OTHER: 'x' };

    const { config } = await composeConfig({ environment, overrides: ['train.epochs=9'] });

    expect(config.training).toMatchObject({ epochs: 9, learningRate: 0.5, batchSize: 128 });
    expect(config.network.convolutions[0]!.filters).toBe(48);
  });

  test('the last of two assignments wins, and a group is chosen before its keys are set', async () => {
    const { config } = await composeConfig({ overrides: ['train.epochs=9', 'train.epochs=8', 'train=quick'] });

    expect(config.training).toMatchObject({ epochs: 8, warmUpEpochs: 0.25 });
  });

  test('where runs are kept is a group too, which no model is told of', async () => {
    const { tracking, config, yaml } = await composeConfig({
      environment: { TRAINER__TRACKING__RETRIES: '7' },
      overrides: ['tracking.experiment=12'],
    });

    expect(tracking).toMatchObject({ retries: 7, experiment: '12', directory: 'mlruns' });
    expect(config).not.toHaveProperty('tracking');
    expect(yaml).toContain('retries: 7');
  });

  test('one entry of a list is set by its place, a whole list by a list', async () => {
    const { config } = await composeConfig({
      overrides: ['model=standard', 'model.convolutions.1.filters=13', 'data.keywords=[yes, no, on]'],
    });

    expect(config.network.convolutions.map(({ filters }) => filters)).toEqual([96, 13, 160]);
    expect(config.keywords).toEqual(['yes', 'no', 'on']);
  });

  test('text stays text, also where it looks like a number', async () => {
    const { config } = await composeConfig({ overrides: ['version=1.0'] });

    expect(config.version).toBe('1.0');
  });

  propertyTest.prop(
    [fc.record({ epochs: fc.integer({ min: 1, max: 1000 }), rate: fc.double({ min: 1e-6, max: 10, noNaN: true }), seed: fc.integer() })],
    { numRuns: 20 },
  )('what is printed is a main file that gives the same configuration', async ({ epochs, rate, seed }) => {
    const overrides = [`train.epochs=${epochs}`, `train.learningRate=${rate}`, `seed=${seed}`, 'model=small'];
    const { config, yaml } = await composeConfig({ overrides });
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'config.yaml'), yaml);

    const again = await composeConfig({ main: join(directory, 'config.yaml') });
    await rm(directory, { recursive: true });

    expect(again.config).toEqual(config);
    expect(config).toMatchObject({ seed, training: { epochs, learningRate: rate } });
  });

  test("one's own main file may choose groups of its own folder, and of the project", async () => {
    const directory = await temporaryDirectory();
    onTestFinished(() => rm(directory, { recursive: true }));
    await mkdir(join(directory, 'data'));
    await writeFile(
      join(directory, 'data', 'mine.yaml'),
      'keywords: [hello]\nexamples: { rareWordRepeats: 1, partialWords: 0, otherSpeech: 0, silence: 5 }\n',
    );
    const defaults = 'defaults: [{ features: mfcc40 }, { data: mine }, { model: small }, { train: quick }, { augment: standard }]';
    await writeFile(
      join(directory, 'mine.yaml'),
      `${defaults}\nname: mine\nversion: 1.0.0\nseed: 1\nwindowSamples: 16000\nstrideSamples: 1280\ntrain: { epochs: 2 }\n`,
    );

    const { config } = await composeConfig({ main: join(directory, 'mine.yaml') });

    expect(config).toMatchObject({ name: 'mine', keywords: ['hello'], training: { epochs: 2, warmUpEpochs: 0.25 } });
  });
});

describe('what is refused', () => {
  test.each([
    { override: 'train.epocs=5', says: 'train.epocs=5: there is no key train.epocs; did you mean train.epochs?' },
    { override: 'epochs=5', says: 'epochs=5: there is no key epochs; did you mean train.epochs?' },
    { override: 'train.epochs=many', says: 'train.epochs is "many" (train.epochs=many): expected number, received string' },
    { override: 'train.epochs=0', says: 'train.epochs is 0 (train.epochs=0): expected number to be >0' },
    { override: 'augment.snrDb=[9, 3]', says: 'augment.snrDb is [9,3] (augment.snrDb=[9, 3]): a range is [low, high]' },
    { override: 'model.pooling=max', says: 'model.pooling is "max" (model.pooling=max): expected one of "attention"|"last_state"' },
    { override: 'model.convolutions.filters=3', says: 'there is no key model.convolutions.filters' },
    { override: '__proto__.polluted=1', says: 'there is no key __proto__.polluted' },
    { override: 'model=smal', says: 'model=smal: no smal.yaml in config/model; did you mean small? There are ' },
    { override: 'model=../data/wake', says: 'no ../data/wake.yaml' },
    { override: 'train.epochs', says: '"train.epochs" sets nothing: write key=value' },
    { override: 'model.lstmUnits={', says: 'model.lstmUnits={: the value cannot be read' },
  ])('$override', async ({ override, says }) => {
    await expect(composeConfig({ overrides: [override] })).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining(says) as unknown,
    });
  });

  test('everything that is wrong is said at once, with the file or the assignment that says it', async () => {
    const directory = await temporaryDirectory();
    onTestFinished(() => rm(directory, { recursive: true }));
    const { yaml } = await composeConfig();
    const broken = yaml.replace('batchSize: 128', 'batchSize: none\n  batchsize: 64').replace('seed: 20260\n', '');
    const main = join(directory, 'broken.yaml');
    await writeFile(main, broken);

    const error = await composeConfig({ main, overrides: ['train.epochs=-1'] }).catch((failure: unknown) => failure as Error);

    const file = expect.stringMatching(/broken\.yaml/) as unknown;
    expect((error as Error).message.split('\n  ')).toEqual([
      'the configuration is not valid:',
      'seed is missing: expected number, received undefined',
      'train.epochs is -1 (train.epochs=-1): expected number to be >0',
      file,
      file,
    ]);
    expect((error as Error).message).toContain('there is no key train.batchsize');
    expect((error as Error).message).toContain('did you mean train.batchSize?');
  });
});

async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'kws-config-'));
}
