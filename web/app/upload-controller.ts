/** Has a file scored, by the engine of the settings, and keeps the answer for an element to show. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

import { CodedError } from '#shared/coded-error.ts';
import type { DetectAnswer } from '#shared/protocol/messages.ts';
import { decodeRecording, type Recording } from './decode-recording.ts';

export type UploadStatus =
  | { readonly state: 'empty' }
  | { readonly state: 'asking'; readonly fileName: string }
  | { readonly state: 'answered'; readonly fileName: string; readonly answer: DetectAnswer; readonly recording: Recording }
  | { readonly state: 'failed'; readonly fileName: string; readonly code: string; readonly message: string };

/** Scores a decoded recording. */
export type DetectRecording = (recording: Recording) => Promise<DetectAnswer>;

/** One file at a time: the latest one's answer is shown, whichever comes first. */
export class UploadController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #detect: DetectRecording;
  #status: UploadStatus = { state: 'empty' };
  #latest: File | undefined;

  constructor(host: ReactiveControllerHost, detect: DetectRecording) {
    this.#host = host;
    this.#detect = detect;
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
      const recording = await decodeRecording(file);
      this.#show(file, { state: 'answered', fileName: file.name, answer: await this.#detect(recording), recording });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#show(file, { state: 'failed', fileName: file.name, code: error.code, message: error.message });
    }
  }

  #show(file: File, status: UploadStatus): void {
    if (file !== this.#latest) return;
    this.#status = status;
    this.#host.requestUpdate();
  }
}
