/** What somebody probably meant who wrote a name that does not exist. */

import { distance } from 'fastest-levenshtein';

/** The candidate nearest to `name` by edits; its last part alone may be near, as `epochs` is to `train.epochs`. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates.map((candidate) => ({ candidate, edits: editsBetween(name, candidate) }));
  return ranked.sort((a, b) => a.edits - b.edits)[0]?.candidate;
}

const ANOTHER_PLACE = 0.5; // a key of the right name elsewhere counts a little less than one in the right place

function editsBetween(name: string, candidate: string): number {
  return Math.min(distance(name, candidate), distance(lastPart(name), lastPart(candidate)) + ANOTHER_PLACE);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
