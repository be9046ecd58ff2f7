/** A session of the real pipeline in this process, that is lost or left where a test says. */

import { createDeferred } from '#shared/client/deferred.ts';
import { Inbox } from '#shared/client/inbox.ts';
import type { EndMessage, KeywordSession, StartOptions } from '#shared/client/session.ts';
import { STREAM_ERROR_CODE, StreamError } from '#shared/client/stream-error.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import { Spotter } from '#shared/pipeline/spotter.ts';
import type { ServerMessage } from '#shared/protocol/messages.ts';

import { READY } from './scripted-server.ts';

/** Hears at once what it is sent. */
export class SpottingSession implements KeywordSession {
  readonly ready;
  readonly messages;
  readonly #inbox = new Inbox<ServerMessage>(100_000);
  readonly #spotter: Spotter;
  readonly #ended = createDeferred<EndMessage>();
  #isDeaf = false;

  constructor(classifier: Classifier, { sampleRate, encoding, channels, patience, posteriors = false }: StartOptions) {
    const { windowSamples, strideSamples } = classifier.manifest;
    this.ready = { ...READY, windowSamples, strideSamples };
    this.messages = this.#inbox;
    this.#spotter = new Spotter({
      classifier,
      input: { sampleRateHz: sampleRate, encoding, channels },
      knobs: { patience },
      listener: {
        onKeyword: (event) => this.say({ type: 'keyword', ...event }),
        onWindow: ({ endSample, posteriors: values }) => {
          if (posteriors) this.say({ type: 'posteriors', endSample, values: [...values] });
        },
      },
    });
    this.say(this.ready);
  }

  say(message: ServerMessage): void {
    this.#inbox.push(message);
  }

  /** What it is sent from now on is lost on the way. */
  deafen(): void {
    this.#isDeaf = true;
  }

  lose(): void {
    this.#inbox.end(new StreamError(STREAM_ERROR_CODE.lost, 'The connection to the server was lost.'));
  }

  send(pcm: Uint8Array): boolean {
    if (!this.#isDeaf) this.#spotter.push(pcm);
    return true;
  }

  writable(): Promise<void> {
    return Promise.resolve();
  }

  configure(): void {
    throw new TypeError('no test changes knobs here');
  }

  stop(): Promise<EndMessage> {
    const end = { type: 'end', ...this.#spotter.finish() } as const;
    this.say(end);
    this.#inbox.end();
    this.#ended.resolve(end);
    return this.#ended.promise;
  }

  close(): void {
    this.#spotter.close();
    this.#inbox.end();
  }
}
