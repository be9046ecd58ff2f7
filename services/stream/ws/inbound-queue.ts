/** What one client has sent and nobody has worked off yet, in order. Audio is copied, so that no network buffer is kept alive. */

import type { ClientMessage } from '#shared/protocol/messages.ts';

/** What comes out, oldest first. */
export type Inbound =
  | { readonly type: 'audio'; readonly bytes: Uint8Array; readonly arrivedMs: number }
  | { readonly type: 'gap'; readonly bytes: number }
  | { readonly type: 'message'; readonly message: ClientMessage };

interface Block {
  readonly type: 'audio';
  readonly bytes: Uint8Array;
  start: number;
  end: number;
  /** When its first byte came. */
  readonly arrivedMs: number;
}

type Entry = Block | { readonly type: 'gap'; bytes: number } | { readonly type: 'message'; readonly message: ClientMessage };

/** Small chunks share a block; a multiple of every frame size. */
const BLOCK_BYTES = 4096;

/** Keeps order and counts; how much may wait is the session's to say. */
export class InboundQueue {
  readonly #entries: Entry[] = [];
  #audioBytes = 0;
  #messages = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get audioBytes(): number {
    return this.#audioBytes;
  }

  get messages(): number {
    return this.#messages;
  }

  /** When the oldest audio came; `undefined` if there is none. */
  get oldestArrivedMs(): number | undefined {
    return this.#entries.find((entry) => entry.type === 'audio')?.arrivedMs;
  }

  pushAudio(chunk: Uint8Array, arrivedMs: number): void {
    this.#audioBytes += chunk.byteLength;
    const taken = this.#fillLastBlock(chunk);
    if (taken < chunk.byteLength) this.#entries.push(blockOf(chunk.subarray(taken), arrivedMs));
  }

  pushMessage(message: ClientMessage): void {
    this.#messages++;
    this.#entries.push({ type: 'message', message });
  }

  /** Takes what is next; of audio at most `maxBytes`. */
  shift(maxBytes: number): Inbound | undefined {
    const entry = this.#entries[0];
    if (entry?.type === 'audio') return this.#shiftAudio(entry, maxBytes);
    this.#entries.shift();
    if (entry?.type === 'message') this.#messages--;
    return entry;
  }

  /** Drops the oldest audio until at most `keptBytes` wait, and leaves a gap in its place. Messages stay. @returns the bytes dropped */
  dropOldestAudio(keptBytes: number): number {
    let droppedBytes = 0;
    for (let i = 0; i < this.#entries.length && this.#audioBytes > keptBytes; i++) {
      const entry = this.#entries[i];
      if (entry?.type !== 'audio') continue;
      const bytes = entry.end - entry.start;
      this.#entries[i] = { type: 'gap', bytes };
      this.#audioBytes -= bytes;
      droppedBytes += bytes;
    }
    this.#joinGaps();
    return droppedBytes;
  }

  clear(): void {
    this.#entries.length = 0;
    this.#audioBytes = 0;
    this.#messages = 0;
  }

  #fillLastBlock(chunk: Uint8Array): number {
    const last = this.#entries.at(-1);
    if (last?.type !== 'audio') return 0;
    const taken = Math.min(chunk.byteLength, last.bytes.byteLength - last.end);
    last.bytes.set(chunk.subarray(0, taken), last.end);
    last.end += taken;
    return taken;
  }

  #shiftAudio(block: Block, maxBytes: number): Inbound {
    const start = block.start;
    block.start = Math.min(block.end, start + maxBytes);
    this.#audioBytes -= block.start - start;
    if (block.start === block.end) this.#entries.shift();
    return { type: 'audio', bytes: block.bytes.subarray(start, block.start), arrivedMs: block.arrivedMs };
  }

  #joinGaps(): void {
    for (let i = this.#entries.length - 1; i > 0; i--) {
      const [before, entry] = [this.#entries[i - 1], this.#entries[i]];
      if (before?.type !== 'gap' || entry?.type !== 'gap') continue;
      before.bytes += entry.bytes;
      this.#entries.splice(i, 1);
    }
  }
}

function blockOf(chunk: Uint8Array, arrivedMs: number): Block {
  const bytes = new Uint8Array(Math.max(BLOCK_BYTES, chunk.byteLength));
  bytes.set(chunk);
  return { type: 'audio', bytes, start: 0, end: chunk.byteLength, arrivedMs };
}
