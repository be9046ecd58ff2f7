/** Where a training stands, on disk: what a killed one goes on from. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-node';
import { z } from 'zod';

import { writeWhole } from '../artefact-files.ts';
import { TrainerError } from '../trainer-error.ts';

const CHECKPOINT_FILE = 'checkpoint.bin';
const HEADER_LENGTH_BYTES = 4;
const FLOAT_BYTES = 4;

const CheckpointSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** The configuration as JSON: a checkpoint belongs to one. */
  config: z.string(),
  /** Epochs done. */
  epochs: z.int().min(1),
  optimiserSteps: z.int().min(1),
  best: z.strictObject({ bestEpoch: z.int(), validationAccuracy: z.number() }),
  /** Values of each variable, in their order. */
  sizes: z.array(z.int()),
});

/** What a checkpoint tells beside the values of the variables. */
export type CheckpointState = Omit<z.infer<typeof CheckpointSchema>, 'formatVersion' | 'sizes'>;

/** Writes a checkpoint; a reader sees the last whole one. The file: length of the header (uint32 LE), header (JSON), values (float32 LE). */
export async function saveCheckpoint(runDirectory: string, state: CheckpointState, variables: readonly tf.Variable[]): Promise<void> {
  const header = Buffer.from(JSON.stringify({ formatVersion: 1, ...state, sizes: variables.map(({ size }) => size) }));
  const length = Buffer.alloc(HEADER_LENGTH_BYTES);
  length.writeUInt32LE(header.length);
  const values = await Promise.all(variables.map((variable) => variable.data<'float32'>()));
  const bytes = values.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  await writeWhole(join(runDirectory, CHECKPOINT_FILE), Buffer.concat([length, header, ...bytes]));
}

/**
 * Puts the values of a run's checkpoint into the variables.
 *
 * @param config - the configuration as JSON
 * @returns `undefined` where the run has no checkpoint
 * @throws {TrainerError} `checkpoint_mismatch` if it belongs to another configuration or network
 */
export async function loadCheckpoint(
  runDirectory: string,
  config: string,
  variables: readonly tf.Variable[],
): Promise<CheckpointState | undefined> {
  const bytes = await readFile(join(runDirectory, CHECKPOINT_FILE)).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const headerEnd = HEADER_LENGTH_BYTES + bytes.readUInt32LE();
  const { sizes, ...state } = CheckpointSchema.parse(JSON.parse(bytes.toString('utf8', HEADER_LENGTH_BYTES, headerEnd)));
  if (state.config !== config || sizes.join() !== variables.map(({ size }) => size).join()) {
    throw new TrainerError(
      'checkpoint_mismatch',
      `${runDirectory} holds a training of another configuration, ${state.epochs} epochs long; go on with --resume ${runDirectory}, or name another folder with --out`,
    );
  }
  let offset = headerEnd;
  for (const variable of variables) {
    const values = tensorOf(bytes, offset, variable);
    variable.assign(values);
    values.dispose();
    offset += variable.size * FLOAT_BYTES;
  }
  return state;
}

function tensorOf(bytes: Buffer, offset: number, like: tf.Variable): tf.Tensor {
  const values = new Float32Array(like.size);
  Buffer.from(values.buffer).set(bytes.subarray(offset, offset + like.size * FLOAT_BYTES));
  return tf.tensor(values, like.shape);
}
