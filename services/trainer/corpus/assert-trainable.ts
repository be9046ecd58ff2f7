/** What a training needs of a data folder, looked at before anything is read. */

import { nearest } from '../configuration/nearest.ts';
import { TrainerError } from '../trainer-error.ts';
import type { Clip } from './corpus.ts';

/** @throws {TrainerError} `empty_class` if a keyword has nothing to learn from, or the model nothing to be chosen by */
export function assertTrainable(clips: readonly Clip[], keywords: readonly string[]): void {
  const words = [...new Set(clips.map(({ word }) => word))];
  const learnt = new Set(clips.filter(({ split }) => split === 'training').map(({ word }) => word));
  const missing = keywords.filter((keyword) => !learnt.has(keyword));
  if (missing.length > 0)
    throw new TrainerError('empty_class', `no training clip for ${missing.map((keyword) => named(keyword, words)).join(', ')}`);
  if (!clips.some(({ split }) => split === 'validation'))
    throw new TrainerError(
      'empty_class',
      'no clip is for validation, and the best epoch is chosen by those: validation_list.txt of a set names them',
    );
}

function named(keyword: string, words: readonly string[]): string {
  const near = words.includes(keyword) ? undefined : nearest(keyword, words);
  return near === undefined ? keyword : `${keyword} (there is ${near})`;
}
