/** The window of a recording that its one-word answer is taken from. */

import { AudioError } from '#shared/audio/audio-error.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import type { DetectAnswer } from '#shared/protocol/messages.ts';

/** Remembers the window in which a keyword had the highest posterior. */
export class BestWindow {
  readonly #labels: readonly string[];
  readonly #keywordIndexes: readonly number[];
  #highest = -1;
  readonly #posteriors: Float32Array;

  constructor({ labels, keywords }: Pick<Manifest, 'labels' | 'keywords'>) {
    this.#labels = labels;
    this.#keywordIndexes = keywords.map((keyword) => labels.indexOf(keyword));
    this.#posteriors = new Float32Array(labels.length);
  }

  /** @param posteriors - in label order */
  consider(posteriors: Float32Array): void {
    const highest = Math.max(...this.#keywordIndexes.map((i) => posteriors[i] ?? 0));
    if (highest <= this.#highest) return;
    this.#highest = highest;
    this.#posteriors.set(posteriors);
  }

  /** @throws {AudioError} `empty_wav` if there was no window at all */
  answer(count: number): Pick<DetectAnswer, 'keyword' | 'probability' | 'top'> {
    const ranked = this.#highest < 0 ? [] : this.#ranked();
    const [first] = ranked;
    if (!first) throw new AudioError('empty_wav', 'the file is shorter than one sample at 16 kHz');
    return { keyword: first.label, probability: first.probability, top: ranked.slice(0, count) };
  }

  #ranked(): DetectAnswer['top'] {
    const rows = this.#labels.map((label, i) => ({ label, probability: this.#posteriors[i] ?? 0 }));
    return rows.sort((a, b) => b.probability - a.probability);
  }
}
