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

  /**
   * Gives it away, oldest first, from where a stride of its session began: windows of the next session are then those of the last.
   *
   * @param sentBytes - given to the session in all
   */
  takeFromStride(sentBytes: number, strideBytes: number): Uint8Array[] {
    const beyond = (sentBytes - this.#bytes) % strideBytes;
    return withoutFirst(this.takeAll(), beyond === 0 ? 0 : strideBytes - beyond);
  }

  /** Gives it away, oldest first. */
  takeAll(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    return chunks;
  }
}

/** What is left of chunks; views of them, not copies. */
function withoutFirst(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes;
  return chunks.flatMap((chunk) => {
    const taken = Math.min(left, chunk.byteLength);
    left -= taken;
    return taken === chunk.byteLength ? [] : [chunk.subarray(taken)];
  });
}
