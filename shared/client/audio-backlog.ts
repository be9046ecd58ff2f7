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

  /** Lets go of the oldest chunk. @returns its length */
  shift(): number {
    const length = this.#chunks.shift()?.byteLength ?? 0;
    this.#bytes -= length;
    return length;
  }
}
