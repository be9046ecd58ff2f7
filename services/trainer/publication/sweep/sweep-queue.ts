/** Trials as messages of a JetStream work queue: each is done by one worker, again by another if that one dies, and counted once. */

import {
  AckPolicy,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type JsMsg,
  type KV,
  type NatsConnection,
  type StreamAPI,
  type StreamConfig,
} from 'nats';
import { z } from 'zod';

import { registryReplicas } from '#shared/registry/names.ts';

const STREAM = 'kws_trials';
const SUBJECTS = 'kws.trials.*';
const CONSUMER = 'workers';
const RESULTS_BUCKET = 'kws_sweeps';
/** A worker that says nothing for so long is dead, and its trial goes to another. */
const ACK_WAIT_MS = 60_000;
export const WORKING_EVERY_MS = 15_000;
/** A trial that killed so many workers is given up. */
export const MAX_DELIVERIES = 5;
/** The same trial sent twice within this time is one message; later ones are found done. */
const DUPLICATE_WINDOW_MS = 3600_000;
/** JetStream's code for a stream that is there and was made otherwise. */
const STREAM_DIFFERS = 10_058;
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

const TrialSchema = z.object({ sweep: z.string().regex(NAME), trial: z.int().min(0), main: z.string(), overrides: z.array(z.string()) });
/** One configuration to try. */
export type Trial = z.infer<typeof TrialSchema>;

const ResultSchema = z.object({
  trial: z.int().min(0),
  overrides: z.array(z.string()),
  /** Where the artefact lies in the store, and how it did; or why there is none. */
  outcome: z.discriminatedUnion('type', [
    z.object({ type: z.literal('done'), validationAccuracy: z.number(), artefact: z.string() }),
    z.object({ type: z.literal('failed'), reason: z.string() }),
  ]),
});
export type TrialResult = z.infer<typeof ResultSchema>;

/** A trial in a worker's hands. */
export interface Assignment {
  readonly trial: Trial;
  /** How often it was handed out, this time included. */
  readonly deliveries: number;
  /** Shows that the worker lives. */
  readonly working: () => void;
  /** The trial is over: its result is kept. */
  readonly done: () => Promise<void>;
}

export class SweepQueue {
  readonly #connection: NatsConnection;
  readonly #results: KV;

  constructor(connection: NatsConnection, results: KV) {
    this.#connection = connection;
    this.#results = results;
  }

  /** Opens the queue, which is made where it is missing. @param ackWaitMs - shorter in tests */
  static async open(connection: NatsConnection, ackWaitMs = ACK_WAIT_MS): Promise<SweepQueue> {
    const replicas = registryReplicas(connection.info?.cluster);
    const manager = await connection.jetstreamManager();
    await makeStream(manager.streams, {
      subjects: [SUBJECTS],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
      num_replicas: replicas,
    });
    await manager.consumers.add(STREAM, {
      durable_name: CONSUMER,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      max_deliver: -1, // our own count ends it, with a result that says so
    });
    const results = await connection.jetstream().views.kv(RESULTS_BUCKET, { history: 1, replicas });
    return new SweepQueue(connection, results);
  }

  /** Hands trials to the workers, but for those that are over. May be done again. */
  async enqueue(trials: readonly Trial[]): Promise<void> {
    const jetstream = this.#connection.jetstream();
    for (const trial of trials) {
      if (await this.resultOf(trial)) continue;
      await jetstream.publish(`kws.trials.${trial.sweep}`, JSON.stringify(trial), { msgID: keyOf(trial) });
    }
  }

  /** The next trial; `undefined` when none came within the time. A message that is no trial is thrown away. */
  async next(waitMs: number): Promise<Assignment | undefined> {
    const consumer = await this.#connection.jetstream().consumers.get(STREAM, CONSUMER);
    const message = await consumer.next({ expires: waitMs });
    if (!message) return undefined;
    const trial = TrialSchema.safeParse(jsonOf(message));
    if (trial.success) return assignmentOf(message, trial.data);
    message.term('no trial');
    return this.next(waitMs);
  }

  /** Keeps a result; of two for one trial the first. */
  async keep(trial: Trial, outcome: TrialResult['outcome']): Promise<void> {
    const result: TrialResult = { trial: trial.trial, overrides: trial.overrides, outcome };
    try {
      await this.#results.create(keyOf(trial), JSON.stringify(result));
    } catch (error) {
      if (!(error instanceof NatsError) || error.api_error === undefined) throw error; // another worker was faster
    }
  }

  async resultOf(trial: Pick<Trial, 'sweep' | 'trial'>): Promise<TrialResult | undefined> {
    const entry = await this.#results.get(keyOf(trial));
    return entry?.operation === 'PUT' ? ResultSchema.parse(entry.json()) : undefined;
  }

  /** The results so far, in the order of the trials. */
  async results(trials: readonly Trial[]): Promise<TrialResult[]> {
    const found = await Promise.all(trials.map((trial) => this.resultOf(trial)));
    return found.filter((result) => result !== undefined);
  }
}

function keyOf({ sweep, trial }: Pick<Trial, 'sweep' | 'trial'>): string {
  return `${sweep}.${trial}`;
}

function assignmentOf(message: JsMsg, trial: Trial): Assignment {
  return {
    trial,
    deliveries: message.info.deliveryCount,
    working: () => message.working(),
    done: async () => void (await message.ackAck()),
  };
}

function jsonOf(message: JsMsg): unknown {
  try {
    return message.json();
  } catch {
    return undefined; // not JSON, so not a trial
  }
}

/** One that an earlier version made becomes as this one has it. */
async function makeStream(streams: StreamAPI, config: Partial<StreamConfig>): Promise<void> {
  try {
    await streams.add({ name: STREAM, ...config });
  } catch (error) {
    if (!(error instanceof NatsError) || error.api_error?.err_code !== STREAM_DIFFERS) throw error;
    await streams.update(STREAM, config);
  }
}
