/** Passes what a listener hears on to the worker that draws it; whoever watches may come and go. */

import type { ServerMessage } from '#shared/protocol/messages.ts';
import type { Onlooker } from '../stream/listener.ts';
import type { ToLiveView } from './live-messages.ts';

type Watcher = (message: ToLiveView, transfer?: Transferable[]) => void;

/** At most one watcher; without one, nothing is kept. */
export class LiveFeed implements Onlooker {
  #watcher: Watcher | undefined;

  /** @returns ends the watching */
  watch(watcher: Watcher): () => void {
    this.#watcher = watcher;
    return () => {
      if (this.#watcher === watcher) this.#watcher = undefined;
    };
  }

  onBegin(): void {
    this.#watcher?.({ type: 'session' });
  }

  onEngine(): MessagePort | undefined {
    if (!this.#watcher) return undefined;
    const { port1, port2 } = new MessageChannel();
    this.#watcher({ type: 'engine', port: port1 }, [port1]);
    return port2;
  }

  onAudio(pcm: Uint8Array<ArrayBuffer>, isSent: boolean): void {
    this.#watcher?.({ type: 'audio', pcm, isSent });
  }

  onMessage(message: ServerMessage): void {
    this.#watcher?.({ type: 'heard', message });
  }
}
