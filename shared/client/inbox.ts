/** A bounded queue between a socket's events and the one consumer that awaits its messages. */

interface Ending {
  readonly error: Error | undefined;
}

/** Items in order, then the end or a failure. At most `limit` wait; one more is the owner's to answer. */
export class Inbox<Item> implements AsyncIterable<Item> {
  readonly #limit: number;
  readonly #items: Item[] = [];
  #ending: Ending | undefined;
  #wake: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns false, and keeps nothing, when the limit is reached; what arrives after the end is ignored. */
  push(item: Item): boolean {
    if (this.#ending) return true;
    if (this.#items.length >= this.#limit) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  /** Ends the iteration once everything queued is taken, by throwing where an error is given. The first call counts. */
  end(error?: Error): void {
    this.#ending ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (!this.#ending) await this.#somethingNew();
      else if (this.#ending.error) throw this.#ending.error;
      else return;
    }
  }

  #somethingNew(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
