/** Which recordings of a new keyword are learnt from, chosen on and measured on, in each of some rounds. */

import { speakerOf, type Split } from '../corpus/speaker-split.ts';
import { groupBy } from '../group-by.ts';
import { randomFor, shuffle } from '../random.ts';

/** A fifth is measured on and a fifth chosen on; five rounds measure every recording once. */
const GROUPS = 5;
/** The most rounds there can be. */
export const MAX_ROUNDS = GROUPS;

/** What a round does with each recording. */
export type Round = ReadonlyMap<string, Split>;

export interface Rounds {
  readonly rounds: readonly Round[];
  /** As the names of the files or the likeness of takes tell. */
  readonly speakers: number;
}

/**
 * Deals recordings into five groups, all of a speaker into the same one; where there are fewer speakers than groups each recording is dealt by
 * itself, and voices are not held back. Round `i` measures on group `i`, chooses on the next and learns from the rest.
 *
 * @param files - named `<speaker>_nohash_<n>.wav`
 */
export function roundsOf(files: readonly string[], { rounds, seed }: { rounds: number; seed: number }): Rounds {
  const speakers = new Set(files.map(speakerOf)).size;
  const groups = dealt(files, speakers >= GROUPS ? speakerOf : (file) => file, seed);
  const splitIn = (round: number, group: number): Split =>
    group === round ? 'test' : group === (round + 1) % GROUPS ? 'validation' : 'training';
  return {
    speakers,
    rounds: Array.from({ length: rounds }, (_, round) => new Map(files.map((file) => [file, splitIn(round, groups.get(file)!)]))),
  };
}

/** The group of each file: the largest unit first, always into the smallest group. */
function dealt(files: readonly string[], unitOf: (file: string) => string, seed: number): ReadonlyMap<string, number> {
  const units = groupBy(shuffle([...files].sort(), randomFor(seed, 12)), unitOf);
  const sizes = new Array<number>(GROUPS).fill(0);
  const groups = new Map<string, number>();
  for (const unit of [...units.values()].sort((a, b) => b.length - a.length)) {
    const smallest = sizes.indexOf(Math.min(...sizes));
    sizes[smallest]! += unit.length;
    for (const file of unit) groups.set(file, smallest);
  }
  return groups;
}
