/** NumPy's file format for arrays, version 1.0, for float32 in C order (NumPy, "NEP 1: A simple file format for NumPy arrays"). */

/** An array as a file holds it. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

const MAGIC = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
const LENGTH_BYTES = 2;
/** The values begin at a multiple of this. */
const ALIGNMENT = 64;
const HEADER = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([\d, ]*)\), \}\s*$/;

/** The bytes of a file. @throws {RangeError} if the shape does not fit the values */
export function encodeNpy({ shape, values }: NpyArray): Buffer {
  if (sizeOf(shape) !== values.length) throw new RangeError(`${values.length} values are no array of ${shape.join(' × ')}`);
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const unpadded = MAGIC.length + LENGTH_BYTES + header.length + 1;
  const padding = (ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT;
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16LE(header.length + padding + 1);
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return Buffer.concat([MAGIC, length, Buffer.from(`${header}${' '.repeat(padding)}\n`, 'latin1'), data]);
}

/** Reads what `encodeNpy` wrote; `undefined` for a file that is cut short or something else. */
export function decodeNpy(bytes: Buffer): NpyArray | undefined {
  if (bytes.length < MAGIC.length + LENGTH_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const start = MAGIC.length + LENGTH_BYTES + bytes.readUInt16LE(MAGIC.length);
  const shape = HEADER.exec(bytes.toString('latin1', MAGIC.length + LENGTH_BYTES, start))?.[1]
    ?.split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  if (shape === undefined || bytes.length - start !== sizeOf(shape) * Float32Array.BYTES_PER_ELEMENT) return undefined;
  const values = new Float32Array(sizeOf(shape));
  Buffer.from(values.buffer).set(bytes.subarray(start));
  return { shape, values };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
