/** `trainer cycle`: models that follow their data, by themselves. */

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { NatsConnection } from 'nats';

import type { ModelReference } from '#shared/registry/model-reference.ts';

import { composeConfig } from '../configuration/compose.ts';
import { runCycle } from '../publication/cycle/cycle.ts';
import { readState } from '../publication/cycle/cycle-state.ts';
import { takeLease } from '../publication/cycle/lease.ts';
import { Ledger } from '../publication/cycle/ledger.ts';
import { readGateRules } from '../publication/gate-rules.ts';
import type { ModelRegistry } from '../publication/model-registry.ts';
import { PublicationError } from '../publication/publication-error.ts';
import { readPrivateKey } from '../publication/signing-keys.ts';
import { productionEngine, type Command, type CommandContext } from './command.ts';
import { currentCommit } from './current-commit.ts';
import { configRequest, OVERRIDES_POSITIONAL, withConfigOptions, type ConfigOptions } from './config-options.ts';
import { followWithAlias, withRegistry } from './models/with-registry.ts';
import { conditionsOf, hearerOf, STREAMING_OPTIONS, type StreamingOptions } from './streaming-options.ts';

const LOCK_FILE = 'dataset.lock.json';
const MS_PER_SECOND = 1000;

interface CycleCommandOptions extends ConfigOptions, StreamingOptions {
  readonly data: string;
  readonly lock: string | undefined;
  readonly folder: string | undefined;
  readonly rules: string;
  readonly streaming: boolean;
  readonly 'evaluation-seed': number;
  readonly key: string | undefined;
  readonly once: boolean;
  readonly poll: number;
}

/** Watches a data set; trains, judges and publishes when it changes. */
export function cycleCommand(context: CommandContext): Command<CycleCommandOptions> {
  return {
    command: `cycle ${OVERRIDES_POSITIONAL}`,
    describe: 'watch the manifest of a data set; when it changes: validate, train from the model in force, judge, publish, report',
    builder: (command) =>
      withConfigOptions(command)
        .option('data', { type: 'string', demandOption: true, describe: 'folder of the recordings' })
        .option('lock', { type: 'string', describe: 'the manifest to watch', defaultDescription: '<data>/dataset.lock.json' })
        // Not `directory`: the loader of tfjs-node's binding reads the command line too, and takes that for its own.
        .option('folder', { type: 'string', describe: 'where it notes how far it is', defaultDescription: 'runs/cycle/<name>' })
        .option('rules', { type: 'string', default: 'standard', describe: 'a file in config/gate/, or a path that ends in .yaml' })
        .option('streaming', { type: 'boolean', default: true, describe: 'judge in streams too; --no-streaming: clips alone' })
        .option('evaluation-seed', { type: 'number', default: 1, describe: 'which clips, which speech and noise around them' })
        .option('key', { type: 'string', describe: 'private key (PEM) to sign with' })
        .option('once', { type: 'boolean', default: false, describe: 'end when there is nothing to do, instead of watching' })
        .option('poll', { type: 'number', default: 60, describe: 'seconds between two looks at the manifest' })
        .options(STREAMING_OPTIONS),
    handler: (options) => withRegistry(context, (registry, connection) => cycle(context, options, { registry, connection })),
  };
}

interface Connected {
  readonly registry: ModelRegistry;
  readonly connection: NatsConnection;
}

async function cycle(context: CommandContext, options: CycleCommandOptions, connected: Connected): Promise<void> {
  do {
    try {
      await cycleOnce(context, options, connected);
    } catch (error) {
      const isElsewhere = error instanceof PublicationError && error.code === 'cycle_running_elsewhere';
      if (!isElsewhere || options.once) throw error;
      process.stderr.write(`${error.message}\n`);
    }
    if (options.once) return;
    await wait(options.poll * MS_PER_SECOND, undefined, { signal: context.signal }).catch(() => undefined); // Ctrl-C ends the wait
  } while (!context.signal.aborted);
}

async function cycleOnce(context: CommandContext, options: CycleCommandOptions, { registry, connection }: Connected): Promise<void> {
  const { config, tracking } = await composeConfig(configRequest(options, context.environment));
  const directory = options.folder ?? join('runs', 'cycle', config.name);
  const { holder } = await readState(directory);
  const lease = await takeLease(connection, `cycle.${config.name}`, holder);
  const signal = AbortSignal.any([context.signal, lease.signal]);
  const log = (message: string): void => void process.stderr.write(`cycle of ${config.name}: ${message}\n`);
  try {
    const { trainerWork } = await import('../publication/cycle/trainer-work.ts'); // TensorFlow, only where it is needed
    const work = trainerWork({
      ...{ registry, config, tracking, signal, environment: context.environment, commit: currentCommit() },
      dataDirectory: options.data,
      lockPath: options.lock ?? join(options.data, LOCK_FILE),
      rules: await readGateRules(options.rules),
      privateKey: options.key === undefined ? undefined : await readPrivateKey(options.key),
      tests: { dataDirectory: options.data, engine: await productionEngine(), streams: streamsOf(options) },
      follow: (reference: ModelReference) => followWithAlias(context, config.name, { published: { reference } }),
    });
    const ledger = await Ledger.open(connection, config.name);
    const hasEnded = await runCycle({ directory, name: config.name, registry, ledger, work, log, nowMs: Date.now, signal });
    lease.signal.throwIfAborted();
    log(hasEnded ? 'done' : 'nothing to do');
  } finally {
    await lease.release();
  }
}

function streamsOf(options: CycleCommandOptions) {
  if (!options.streaming) return undefined;
  return {
    transcripts: options.transcripts,
    conditions: conditionsOf(options),
    clipsPerKeyword: options.clips,
    seed: options['evaluation-seed'],
    createHearer: hearerOf(options),
  };
}
