/** How much memory a page holds, its workers included, through Chromium's DevTools protocol. */

import type { CDPSession, Page } from 'playwright-core';

interface HeapUsage {
  readonly usedSize: number;
  /** Of the DOM and what belongs to it. */
  readonly embedderHeapUsedSize: number;
  /** Array buffers and the memory of WebAssembly. */
  readonly backingStorageSize: number;
}

/** Reads the heaps of one page. */
export interface HeapReader {
  /** Bytes in use after everything that nobody needs was collected. */
  usedBytes(): Promise<number>;
  /** Main thread and workers. */
  readonly threads: number;
}

/** Attaches to a page and all of its workers, those to come included. */
export async function openHeapReader(page: Page): Promise<HeapReader> {
  const main = await page.context().newCDPSession(page);
  const workers = new Map<string, WorkerTarget>();
  main.on('Target.attachedToTarget', ({ sessionId }) => workers.set(sessionId, new WorkerTarget(main, sessionId)));
  main.on('Target.detachedFromTarget', ({ sessionId }) => workers.delete(sessionId));
  main.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => workers.get(sessionId)?.receive(message));
  await main.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  return {
    async usedBytes() {
      const threads: readonly Thread[] = [{ ask: (method) => main.send(method) }, ...workers.values()];
      const used = await Promise.all(threads.map(usedBytesOf));
      return used.reduce((sum, bytes) => sum + bytes, 0);
    },
    get threads() {
      return 1 + workers.size;
    },
  };
}

interface Thread {
  ask(method: 'HeapProfiler.collectGarbage' | 'Runtime.getHeapUsage'): Promise<unknown>;
}

async function usedBytesOf(thread: Thread): Promise<number> {
  await thread.ask('HeapProfiler.collectGarbage');
  await thread.ask('HeapProfiler.collectGarbage'); // what the first one finalised
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = (await thread.ask('Runtime.getHeapUsage')) as HeapUsage;
  return usedSize + embedderHeapUsedSize + backingStorageSize;
}

/** A worker, reached through its page's session. */
class WorkerTarget implements Thread {
  readonly #page: CDPSession;
  readonly #sessionId: string;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #asked = 0;

  constructor(page: CDPSession, sessionId: string) {
    this.#page = page;
    this.#sessionId = sessionId;
  }

  async ask(method: string): Promise<unknown> {
    const id = ++this.#asked;
    const answer = new Promise((resolve) => this.#waiting.set(id, resolve));
    await this.#page.send('Target.sendMessageToTarget', { sessionId: this.#sessionId, message: JSON.stringify({ id, method }) });
    return answer;
  }

  receive(message: string): void {
    const { id, result } = JSON.parse(message) as { id?: number; result?: unknown };
    if (id === undefined) return; // an event
    this.#waiting.get(id)?.(result);
    this.#waiting.delete(id);
  }
}
