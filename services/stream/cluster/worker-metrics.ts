/** A worker's side of the metrics of all: asks the supervisor, and answers it. */

import type { Registry } from 'prom-client';

import type { SupervisorMessage, WorkerMessage } from './messages.ts';

/** Longer, and the supervisor is not there any more. */
const ANSWER_TIMEOUT_MS = 5000;

/** Knows which requests are open. */
export class WorkerMetrics {
  readonly #send: (message: WorkerMessage) => void;
  readonly #open = new Map<number, (text: string) => void>();
  #registry: Registry | undefined;
  #requests = 0;

  constructor(send: (message: WorkerMessage) => void) {
    this.#send = send;
  }

  /** Gives the metrics of all workers, or after a while those of this one alone. */
  async render(registry: Registry): Promise<string> {
    this.#registry = registry;
    const request = this.#requests++;
    const text = await new Promise<string | undefined>((resolve) => {
      this.#open.set(request, resolve);
      setTimeout(() => resolve(undefined), ANSWER_TIMEOUT_MS).unref();
      this.#send({ type: 'metrics-wanted', request });
    });
    this.#open.delete(request);
    return text ?? registry.metrics();
  }

  /** Which metrics are this worker's. */
  own(registry: Registry): void {
    this.#registry = registry;
  }

  async receive(message: Extract<SupervisorMessage, { type: 'collect' | 'metrics-of-all' }>): Promise<void> {
    if (message.type === 'metrics-of-all') return this.#open.get(message.request)?.(message.text);
    const values = (await this.#registry?.getMetricsAsJSON()) ?? [];
    this.#send({ type: 'metrics', collection: message.collection, values: values.map((metric) => ({ ...metric })) });
  }
}
