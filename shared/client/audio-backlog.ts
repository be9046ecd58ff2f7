/** Audio that waits to be sent, oldest first, and never more than a limit. */

/** Keeps whole chunks; what is beyond the limit is dropped from its beginning. */
export class AudioBacklog {
  readonly #limitBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The oldest chunk. */
  get first(): Uint8Array | undefined {
    return this.#chunks[0];
  }

  /** Takes a chunk over. @returns how many bytes were dropped to make room */
  push(chunk: Uint8Array): number {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    let droppedBytes = 0;
    while (this.#bytes > this.#limitBytes) droppedBytes += this.shift();
    return droppedBytes;
  }

  /** Takes chunks in before all others, in their order; where there is no room for all, the last of them. @returns how many bytes */
  putBack(chunks: readonly Uint8Array[]): number {
    const bytesBefore = this.#bytes;
    for (let i = chunks.length - 1; i >= 0; i--) {
      const chunk = chunks[i];
      if (!chunk || this.#bytes + chunk.byteLength > this.#limitBytes) break;
      this.#chunks.unshift(chunk);
      this.#bytes += chunk.byteLength;
    }
    return this.#bytes - bytesBefore;
  }

  /** Lets go of the oldest chunk. @returns its length */
  shift(): number {
    const length = this.#chunks.shift()?.byteLength ?? 0;
    this.#bytes -= length;
    return length;
  }
}
