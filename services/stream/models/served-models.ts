/** All models that the service serves, by name; sessions and requests find theirs here. */

import type { ModelsAnswer } from '#shared/protocol/messages.ts';
import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import type { LiveModel } from './live-model.ts';
import type { ModelOrigin } from './model-source.ts';
import type { Occupant, Seat } from './seat.ts';
import { summaryOf } from './summary.ts';

/** One or several; the first is for those who ask for none. */
export class ServedModels {
  readonly #models: ReadonlyMap<string, LiveModel>;
  readonly #first: LiveModel;

  constructor([first, ...others]: readonly [LiveModel, ...LiveModel[]]) {
    this.#first = first;
    this.#models = new Map([first, ...others].map((model) => [model.name, model]));
  }

  get first(): LiveModel {
    return this.#first;
  }

  /** What clients are told there is. */
  get answer(): ModelsAnswer {
    return { models: this.#all.map(({ name, manifest }) => ({ name, model: summaryOf(manifest) })) };
  }

  /** Where the models in force are from: an operator may want to know that the registry was not there. */
  get readiness(): readonly { readonly name: string; readonly version: string; readonly origin: ModelOrigin }[] {
    return this.#all.map(({ name, origin, manifest: { version } }) => ({ name, version, origin }));
  }

  /** @throws {ProtocolError} `unknown_model` */
  find(name: string | undefined): LiveModel {
    const model = name === undefined ? this.#first : this.#models.get(name);
    if (model) return model;
    throw new ProtocolError('unknown_model', `there is no model ${JSON.stringify(name)}, there are ${[...this.#models.keys()].join(', ')}`);
  }

  /**
   * A place for a session at the model it asks for.
   *
   * @throws {ProtocolError} `unknown_model`
   */
  seat(name: string | undefined, occupant: Occupant): Seat {
    return this.find(name).seat(occupant);
  }

  /** Stops following their sources, and frees them. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map((model) => model.close()));
  }

  get #all(): readonly LiveModel[] {
    return [...this.#models.values()];
  }
}
