/** What changed from one version of a data set to another. */

import type { DatasetLock, LockedClip } from './dataset-lock.ts';

/** A clip before and after. */
export interface ChangedClip {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

export interface LockDiff {
  readonly from: string;
  readonly to: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The same content under another path. */
  readonly moved: readonly ChangedClip[];
  /** Another content under the same path. */
  readonly content: readonly string[];
  readonly label: readonly ChangedClip[];
  readonly speaker: readonly ChangedClip[];
  readonly split: readonly ChangedClip[];
  readonly licence: readonly ChangedClip[];
}

type Field = 'label' | 'speaker' | 'split' | 'licence';
/** A person reads so many of each kind. */
const SHOWN = 5;

/** Compares two versions. */
export function diffLocks(before: DatasetLock, after: DatasetLock): LockDiff {
  const [old, now] = [byPath(before), byPath(after)];
  const gone = before.clips.filter(({ path }) => !now.has(path));
  const come = after.clips.filter(({ path }) => !old.has(path));
  const moved = movedClips(gone, come);
  const [movedFrom, movedTo] = [new Set(moved.map(({ from }) => from)), new Set(moved.map(({ to }) => to))];
  const stayed = before.clips.flatMap((clip): [LockedClip, LockedClip][] => {
    const other = now.get(clip.path);
    return other === undefined ? [] : [[clip, other]];
  });
  const changed = (field: Field): ChangedClip[] =>
    stayed.filter(([a, b]) => a[field] !== b[field]).map(([a, b]) => ({ path: a.path, from: a[field], to: b[field] }));
  return {
    from: before.version,
    to: after.version,
    added: come.map(({ path }) => path).filter((path) => !movedTo.has(path)),
    removed: gone.map(({ path }) => path).filter((path) => !movedFrom.has(path)),
    moved,
    content: stayed.filter(([a, b]) => a.sha256 !== b.sha256).map(([{ path }]) => path),
    label: changed('label'),
    speaker: changed('speaker'),
    split: changed('split'),
    licence: changed('licence'),
  };
}

/** Whether nothing changed. */
export function isSame({ from: _from, to: _to, ...changes }: LockDiff): boolean {
  return Object.values(changes).every((list) => list.length === 0);
}

/** A line for each kind of change, with the first few. */
export function formatDiff(diff: LockDiff): string {
  if (isSame(diff)) return `${diff.from} and ${diff.to} are the same\n`;
  const { from, to, ...changes } = diff;
  const lines = Object.entries(changes)
    .filter(([, list]) => list.length > 0)
    .map(([kind, list]) => `  ${kind}: ${list.length}\n${examplesOf(list)}`);
  return `${from} → ${to}\n${lines.join('')}`;
}

function examplesOf(list: readonly (string | ChangedClip)[]): string {
  const shown = list.slice(0, SHOWN).map((item) => `    ${typeof item === 'string' ? item : describe(item)}\n`);
  return shown.join('') + (list.length > SHOWN ? `    … and ${list.length - SHOWN} more\n` : '');
}

function describe({ path, from, to }: ChangedClip): string {
  return path === from ? `${from} → ${to}` : `${path}: ${from} → ${to}`;
}

function byPath({ clips }: DatasetLock): ReadonlyMap<string, LockedClip> {
  return new Map(clips.map((clip) => [clip.path, clip]));
}

function movedClips(gone: readonly LockedClip[], come: readonly LockedClip[]): ChangedClip[] {
  const places = new Map<string, string[]>();
  for (const { sha256, path } of come) places.set(sha256, [...(places.get(sha256) ?? []), path]);
  return gone.flatMap(({ sha256, path }) => {
    const to = places.get(sha256)?.shift();
    return to === undefined ? [] : [{ path, from: path, to }];
  });
}
