/** A well-behaved session beside something bad: it must hear exactly what it hears undisturbed. */

import { encodePcm } from '#shared/audio/pcm.ts';
import { expect } from 'vitest';

import { babble, cutBytes } from './arbitrary-audio.ts';
import { stream, type Streamed } from './stream-client.ts';

const EAGER = { threshold: { yes: 0.34, no: 0.22 }, patience: 1, refractoryMs: 0 };
const CHUNKS = cutBytes(encodePcm(babble(48_000), 'pcm_s16le'), [4000], 2);

/** Knows what a session of the tiny model hears alone; `Neighbour.at` finds out. */
export class Neighbour {
  readonly #url: string;
  readonly undisturbed: Streamed;

  constructor(url: string, undisturbed: Streamed) {
    this.#url = url;
    this.undisturbed = undisturbed;
  }

  static async at(url: string): Promise<Neighbour> {
    return new Neighbour(url, await stream(url, EAGER, CHUNKS));
  }

  /** Does something bad half-way through another session, which must not notice. */
  async unharmedBy(act: () => Promise<void>): Promise<void> {
    const half = CHUNKS.length / 2;
    const { events, end } = await stream(this.#url, EAGER, CHUNKS, (i) => (i === half ? act() : Promise.resolve()));
    expect(events).toEqual(this.undisturbed.events);
    expect(end).toEqual(this.undisturbed.end);
  }
}
