/** Calls operations of TensorFlow that the JavaScript library does not expose. The one place that knows the native binding. */

import * as tf from '@tensorflow/tfjs-node';
import { Int64Scalar } from '@tensorflow/tfjs-node/dist/int64_tensors.js';

interface NativeBackend {
  readonly binding: Readonly<
    Record<'TF_FLOAT' | 'TF_INT32' | 'TF_ATTR_TYPE' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_STRING', number>
  >;
  executeMultipleOutputs(
    name: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly NativeInput[],
    outputs: number,
  ): tf.Tensor[];
}

/** An attribute as the binding takes it. */
export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** A data type as an attribute's value. */
export class DataType {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export type NativeInput = tf.Tensor | Int64Scalar;

/** A call of a native operation. */
export interface NativeCall {
  readonly name: string;
  readonly attributes: readonly NativeAttribute[];
  readonly inputs: readonly NativeInput[];
  /** How many tensors the operation gives. */
  readonly outputs: number;
}

/** Runs a native operation eagerly. */
export function executeNative({ name, attributes, inputs, outputs }: NativeCall): tf.Tensor[] {
  return backend().executeMultipleOutputs(name, attributes, inputs, outputs);
}

/** Attributes by name; numbers are floats. */
export function nativeAttributes(values: Readonly<Record<string, DataType | number | boolean | string>>): NativeAttribute[] {
  const { binding } = backend();
  return Object.entries(values).map(([name, value]) => {
    if (value instanceof DataType) return { name, type: binding.TF_ATTR_TYPE, value: value.value };
    if (typeof value === 'number') return { name, type: binding.TF_ATTR_FLOAT, value };
    if (typeof value === 'boolean') return { name, type: binding.TF_ATTR_BOOL, value };
    return { name, type: binding.TF_ATTR_STRING, value };
  });
}

/** float32. */
export function floatType(): DataType {
  return new DataType(backend().binding.TF_FLOAT);
}

/** int32. */
export function int32Type(): DataType {
  return new DataType(backend().binding.TF_INT32);
}

/** A 64-bit integer, which tensors of the library cannot hold. */
export function int64(value: number): Int64Scalar {
  return new Int64Scalar(value);
}

function backend(): NativeBackend {
  return tf.backend() as unknown as NativeBackend;
}
