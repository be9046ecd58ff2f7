/** The one source of randomness: seeded, and addressed by what it is for, so that no draw depends on the order of the others. */

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Draws for one purpose. */
export interface Random {
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, count). */
  below(count: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
}

/** A generator for the purpose that `address` names, such as `[seed, epoch, example]`. */
export function randomFor(...address: readonly number[]): Random {
  const generator = xoroshiro128plus(address.reduce(mix, 0x9e3779b9));
  const unit = (): number => uniformFloat64(generator);
  return {
    between: (low, high) => low + (high - low) * unit(),
    below: (count) => Math.floor(unit() * count),
    chance: (probability) => unit() < probability,
  };
}

/** Shuffles in place (Fisher and Yates). */
export function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

// The finaliser of MurmurHash3 (A. Appleby): neighbouring addresses get unrelated seeds.
function mix(hash: number, part: number): number {
  let mixed = Math.imul(hash ^ part, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
