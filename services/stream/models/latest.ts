/** A place for one value: a consumer that is busy finds the latest when it comes back, not all of them. */

/** One producer side, one consumer. */
export class Latest<Value> {
  #value: { readonly value: Value } | undefined;
  #wake: () => void = () => undefined;

  set(value: Value): void {
    this.#value = { value };
    this.#wake();
  }

  /** Gives each value that is not overtaken by a later one; ends when aborted. */
  async *values(signal: AbortSignal): AsyncGenerator<Value, void, undefined> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        if (!this.#value) await new Promise<void>((resolve) => (this.#wake = resolve));
        const held = this.#value;
        this.#value = undefined;
        if (held) yield held.value;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
