/** `trainer publish`: a candidate past the gate and into force. */

import { mkdir } from 'node:fs/promises';

import type { Argv } from 'yargs';

import { formatVerdict, verdictMarkdown, type ModelFigures } from '../publication/gate.ts';
import { readGateRules } from '../publication/gate-rules.ts';
import type { Introduction, ModelRegistry } from '../publication/model-registry.ts';
import { publishCandidate, type CandidacyResult } from '../publication/publish-candidate.ts';
import { PublicationError } from '../publication/publication-error.ts';
import { readPrivateKey } from '../publication/signing-keys.ts';
import { loadArtefact, writeWhole } from '../artefact-files.ts';
import type { RunTracker } from '../tracking/run-tracker.ts';
import { keepFiles, tracked } from '../tracking/tracked-work.ts';
import { productionEngine, type Command, type CommandContext } from './command.ts';
import { followWithAlias, withRegistry } from './models/with-registry.ts';
import { trackingOf } from './tracking-of.ts';
import { conditionsOf, hearerOf, STREAMING_OPTIONS, type StreamingOptions } from './streaming-options.ts';

const WORK_DIRECTORY = 'runs/.publication';

/** What publishing wants to know. */
export interface PublishOptions extends StreamingOptions {
  readonly model: string;
  readonly data: string;
  readonly 'as-version': string | undefined;
  readonly rules: string;
  readonly streaming: boolean;
  readonly seed: number;
  readonly canary: number | undefined;
  readonly shadow: number | undefined;
  readonly key: string | undefined;
  readonly force: boolean;
  readonly reason: string | undefined;
}

/** Adds the options of the gate and of publishing to a command; the candidate is not among them. */
export function publishOptions(command: Argv<object>): Argv<Omit<PublishOptions, 'model'>> {
  return command
    .option('data', { type: 'string', demandOption: true, describe: 'folder of the recordings to judge on' })
    .option('as-version', { type: 'string', describe: "instead of the manifest's version" })
    .option('rules', { type: 'string', default: 'standard', describe: 'a file in config/gate/, or a path that ends in .yaml' })
    .option('streaming', { type: 'boolean', default: true, describe: 'judge in streams too; --no-streaming: clips alone' })
    .option('seed', { type: 'number', default: 1, describe: 'which clips, which speech and noise around them' })
    .option('canary', { type: 'number', conflicts: 'shadow', describe: 'share of sessions that the candidate serves at first' })
    .option('shadow', { type: 'number', describe: 'share of sessions that it hears beside the incumbent, unheard' })
    .option('key', { type: 'string', describe: 'private key (PEM) to sign with' })
    .option('force', { type: 'boolean', default: false, describe: 'publish whatever the rules say' })
    .option('reason', { type: 'string', describe: 'why it is forced; it stands in the pointer' })
    .options(STREAMING_OPTIONS);
}

/** Judges a candidate beside the incumbent, and puts it in force when the rules hold. */
export function publishCommand(context: CommandContext): Command<PublishOptions> {
  return {
    command: 'publish',
    describe: 'judge a candidate beside the model in force, on the same clips and streams, and publish it on NATS when the rules hold',
    builder: (command) =>
      publishOptions(command).option('model', { type: 'string', demandOption: true, describe: "folder of the candidate's artefact" }),
    handler: (options) => publishWithGate(context, options),
  };
}

/** Judges and publishes, as a run. @throws {PublicationError} `gate_refused`, `force_without_reason`, `publish_conflict` */
export async function publishWithGate(context: CommandContext, options: PublishOptions): Promise<void> {
  if (options.force && (options.reason ?? '').trim() === '')
    throw new PublicationError('force_without_reason', '--force wants a --reason, which stands in the pointer');
  const settings = await trackingOf(context.environment);
  await withRegistry(context, (registry) =>
    tracked({ ...context, settings, name: `publish ${options.model}` }, (run) => publish(context, options, { registry, run })),
  );
}

interface Publishing {
  readonly registry: ModelRegistry;
  readonly run: RunTracker;
}

async function publish(context: CommandContext, options: PublishOptions, { registry, run }: Publishing): Promise<void> {
  const { manifest } = await loadArtefact(options.model);
  const result = await publishCandidate({
    registry,
    candidateDirectory: options.model,
    version: options['as-version'],
    rules: await readGateRules(options.rules),
    introduction: introductionOf(options),
    privateKey: options.key === undefined ? undefined : await readPrivateKey(options.key),
    forcedBecause: options.force ? options.reason : undefined,
    workDirectory: WORK_DIRECTORY,
    tests: {
      dataDirectory: options.data,
      engine: await productionEngine(),
      streams: options.streaming
        ? {
            transcripts: options.transcripts,
            conditions: conditionsOf(options),
            clipsPerKeyword: options.clips,
            seed: options.seed,
            createHearer: hearerOf(options),
          }
        : undefined,
    },
  });
  keepFiles(run, options.model, 'candidate'); // with the reports and plots of its evaluations
  await logVerdict(run, result);
  process.stdout.write(formatVerdict(result.verdict));
  const { published } = result;
  if (!published)
    throw new PublicationError('gate_refused', 'the candidate does not hold the rules; --force with a --reason publishes it all the same');
  await followWithAlias(context, manifest.name, { published });
  process.stdout.write(`${manifest.name} ${published.reference.version} is published (revision ${published.revision})\n`);
}

/** The verdict and the figures, on the run. */
async function logVerdict(run: RunTracker, { verdict, figures, incumbent, published }: CandidacyResult): Promise<void> {
  run.tags({ 'kws.gate': verdict.passes ? 'passed' : 'refused', 'kws.published': published?.reference.version ?? '' });
  run.metrics({ ...prefixed('candidate', figures), ...(incumbent && prefixed('incumbent', incumbent)) }, 0);
  await mkdir(WORK_DIRECTORY, { recursive: true });
  const file = `${WORK_DIRECTORY}/verdict-${run.key}.md`;
  await writeWhole(file, verdictMarkdown(verdict));
  run.artefact(file, 'verdict.md');
}

function prefixed(side: string, { accuracy, streaming }: ModelFigures): Record<string, number> {
  const clips = { [`${side}/accuracy`]: accuracy };
  if (!streaming) return clips;
  return {
    ...clips,
    [`${side}/falseAcceptsPerHour`]: streaming.falseAcceptsPerHour,
    [`${side}/falseRejectRate`]: streaming.falseRejectRate,
  };
}

function introductionOf({ canary, shadow }: PublishOptions): Introduction {
  if (canary !== undefined) return { mode: 'canary', share: canary };
  return shadow === undefined ? { mode: 'all' } : { mode: 'shadow', share: shadow };
}
