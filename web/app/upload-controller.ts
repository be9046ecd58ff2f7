/** Sends a file to the service and keeps its answer for an element to show. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

import type { DetectAnswer } from '#shared/protocol/messages.ts';
import { StreamError } from '../stream/stream-error.ts';
import { detectKeyword } from '../stream/upload.ts';

export type UploadStatus =
  | { readonly state: 'empty' }
  | { readonly state: 'asking'; readonly fileName: string }
  | { readonly state: 'answered'; readonly fileName: string; readonly answer: DetectAnswer }
  | { readonly state: 'failed'; readonly fileName: string; readonly code: string; readonly message: string };

/** One file at a time: the latest one's answer is shown, whichever comes first. */
export class UploadController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #server: URL;
  #status: UploadStatus = { state: 'empty' };
  #latest: File | undefined;

  constructor(host: ReactiveControllerHost, server: URL) {
    this.#host = host;
    this.#server = server;
    host.addController(this);
  }

  get status(): UploadStatus {
    return this.#status;
  }

  hostDisconnected(): void {
    this.#latest = undefined;
  }

  async upload(file: File): Promise<void> {
    this.#latest = file;
    this.#show(file, { state: 'asking', fileName: file.name });
    try {
      this.#show(file, { state: 'answered', fileName: file.name, answer: await detectKeyword(this.#server, file) });
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#show(file, { state: 'failed', fileName: file.name, code: error.code, message: error.message });
    }
  }

  #show(file: File, status: UploadStatus): void {
    if (file !== this.#latest) return;
    this.#status = status;
    this.#host.requestUpdate();
  }
}
