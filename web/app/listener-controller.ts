/** Ties a listener to an element's life: its changes render, and it ends with the element. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

import { STREAM_PATH } from '#shared/protocol/messages.ts';
import { openMicrophone } from '../audio/microphone.ts';
import { connectStream } from '../stream/client.ts';
import { Listener } from '../stream/listener.ts';
import { fetchModel } from '../stream/model.ts';
import { canStart, type PageState } from '../stream/reducer.ts';
import { StreamError } from '../stream/stream-error.ts';

/** Listens through this page's microphone and the server that the page came from. */
export class ListenerController implements ReactiveController {
  readonly #server: URL;
  readonly #listener: Listener;

  constructor(host: ReactiveControllerHost, server: URL) {
    this.#server = server;
    this.#listener = new Listener({
      openMicrophone,
      openSession: (start) => connectStream({ url: streamUrl(server), start }),
      onChange: () => host.requestUpdate(),
    });
    host.addController(this);
  }

  get state(): PageState {
    return this.#listener.state;
  }

  /** Input level, in [0, 1]. */
  get level(): number {
    return this.#listener.level;
  }

  hostConnected(): void {
    void this.#learnModel();
  }

  hostDisconnected(): void {
    this.#listener.close();
  }

  /** The button's one meaning: listen, or stop listening. */
  toggle(): void {
    if (canStart(this.state.listening)) void this.#start();
    else void this.#listener.stop();
  }

  async #start(): Promise<void> {
    if (this.state.model.state === 'unavailable') void this.#learnModel();
    await this.#listener.start();
  }

  async #learnModel(): Promise<void> {
    this.#listener.fold({ type: 'model_loading' });
    try {
      this.#listener.fold({ type: 'model_known', model: await fetchModel(this.#server) });
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#listener.fold({ type: 'model_unavailable', message: error.message });
    }
  }
}

function streamUrl(server: URL): string {
  const url = new URL(STREAM_PATH, server);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
