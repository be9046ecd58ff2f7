/** A lock for people: its name, and how much of it is under which licence. */

import { groupBy } from '../../group-by.ts';
import type { DatasetLock } from './dataset-lock.ts';
import { UNKNOWN_LICENCE } from './licences.ts';

export function formatLock({ name, version, digest, clips, sources = [] }: DatasetLock): string {
  const licences = [...groupBy(clips, ({ licence }) => licence)].map(([licence, { length }]) => `${length} under ${licence}`);
  const unknown = [...new Set(clips.filter(({ licence }) => licence === UNKNOWN_LICENCE).map(({ path }) => path.split('/')[0]))];
  return [
    `${name} ${version}: ${clips.length} recordings, digest ${digest}`,
    ...licences.map((line) => `  ${line}`),
    ...sources.map(({ folder, licence, origin }) => `  ${folder}/ ${licence}${origin === undefined ? '' : `, from ${origin}`}`),
    ...(unknown.length > 0 ? [`  of unknown licence: ${unknown.join(', ')}; a source.yaml in each says what it is`] : []),
    '',
  ].join('\n');
}
