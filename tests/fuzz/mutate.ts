/** Changes inputs as fuzzers do (M. Zalewski, AFL, "havoc" stage): small damages, copies, words of a dictionary, other inputs' parts. */

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

const MAX_DAMAGES = 6;
const MAX_BLOCK_BYTES = 32;
/** The longest that inputs grow. */
export const MAX_INPUT_BYTES = 8192;
/** At the edges of what integers hold. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff];

export interface Mutator {
  readonly random: RandomGenerator;
  readonly dictionary: readonly Uint8Array[];
  /** Another input, for splicing. */
  readonly other: () => Uint8Array;
}

/** A changed copy. */
export function mutate(input: Uint8Array, mutator: Mutator): Uint8Array {
  let bytes: Uint8Array = input.slice();
  for (let i = uniformInt(mutator.random, 1, MAX_DAMAGES); i > 0; i--) bytes = damage(bytes, mutator);
  return bytes.subarray(0, MAX_INPUT_BYTES);
}

function damage(bytes: Uint8Array, { random, dictionary, other }: Mutator): Uint8Array {
  const at = bytes.length === 0 ? 0 : uniformInt(random, 0, bytes.length - 1);
  const length = uniformInt(random, 1, MAX_BLOCK_BYTES);
  switch (uniformInt(random, 0, 7)) {
    case 0:
      return changed(bytes, at, (byte) => byte ^ (1 << uniformInt(random, 0, 7)));
    case 1:
      return changed(bytes, at, () => EDGES[uniformInt(random, 0, EDGES.length - 1)]!);
    case 2:
      return changed(bytes, at, (byte) => byte + uniformInt(random, -16, 16));
    case 3:
      return spliced(bytes, at, at + length, new Uint8Array(0));
    case 4:
      return spliced(bytes, at, at, bytes.subarray(at, at + length));
    case 5:
      return spliced(
        bytes,
        at,
        at,
        Uint8Array.from({ length }, () => uniformInt(random, 0, 255)),
      );
    case 6:
      return spliced(bytes, at, at, dictionary[uniformInt(random, 0, dictionary.length - 1)]!);
    default: {
      const donor = other();
      return spliced(bytes, at, bytes.length, donor.subarray(Math.min(at, donor.length)));
    }
  }
}

function changed(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  if (at < bytes.length) bytes[at] = change(bytes[at]!) & 0xff;
  return bytes;
}

function spliced(bytes: Uint8Array, from: number, to: number, inserted: Uint8Array): Uint8Array {
  const tail = bytes.subarray(Math.min(to, bytes.length));
  const out = new Uint8Array(from + inserted.length + tail.length);
  out.set(bytes.subarray(0, from));
  out.set(inserted, from);
  out.set(tail, from + inserted.length);
  return out;
}
