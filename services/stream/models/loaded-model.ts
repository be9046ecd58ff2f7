/** A model that has passed all checks, ready to run; freed when it is retired and nobody uses it any more. */

import type { Classifier, ClassifierStream } from '#shared/model/classifier.ts';
import type { Manifest } from '#shared/model/manifest.ts';

/** Counts its users: open streams, and whoever holds it to open one later. */
export class LoadedModel {
  /** See `ModelOffer`. */
  readonly identity: string;
  /** Its streams count as users. */
  readonly classifier: Classifier;
  readonly #own: Classifier;
  #users = 0;
  #isRetired = false;
  #isFreed = false;

  constructor(identity: string, classifier: Classifier) {
    this.identity = identity;
    this.#own = classifier;
    this.classifier = {
      manifest: classifier.manifest,
      extractor: classifier.extractor,
      ...(classifier.convolver && { convolver: classifier.convolver }),
      openStream: () => this.#openStream(),
      close: () => this.retire(),
    };
  }

  get manifest(): Manifest {
    return this.#own.manifest;
  }

  get isFreed(): boolean {
    return this.#isFreed;
  }

  /** Works with it; it is not freed before the work is done. */
  async use<Result>(work: (classifier: Classifier) => Promise<Result>): Promise<Result> {
    const release = this.#hold();
    try {
      return await work(this.classifier);
    } finally {
      release();
    }
  }

  /** @returns what lets go, once */
  #hold(): () => void {
    if (this.#isFreed) throw new TypeError('this model has been freed');
    this.#users++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#users--;
      this.#freeIfUnused();
    };
  }

  /** Has it freed, now or when its last user lets go. */
  retire(): void {
    this.#isRetired = true;
    this.#freeIfUnused();
  }

  #openStream(): ClassifierStream {
    const release = this.#hold();
    try {
      return countedStream(this.#own.openStream(), release);
    } catch (error) {
      release();
      throw error;
    }
  }

  #freeIfUnused(): void {
    if (!this.#isRetired || this.#users > 0 || this.#isFreed) return;
    this.#isFreed = true;
    this.#own.close();
  }
}

function countedStream(stream: ClassifierStream, release: () => void): ClassifierStream {
  return {
    advance: (frames) => stream.advance(frames),
    reset: () => stream.reset(),
    close: () => {
      stream.close();
      release();
    },
  };
}
