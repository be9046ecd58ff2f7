/** The audio that a session was last given, so that the next session begins before the words that are just being said. */

/** Keeps whole chunks, at least as much as asked for and no chunk more. */
export class RecentAudio {
  readonly #wantedBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(wantedBytes: number) {
    this.#wantedBytes = wantedBytes;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    while (this.#bytes - (this.#chunks[0]?.byteLength ?? Infinity) >= this.#wantedBytes)
      this.#bytes -= this.#chunks.shift()?.byteLength ?? 0;
  }

  /** Gives it away, oldest first. */
  takeAll(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    return chunks;
  }
}
