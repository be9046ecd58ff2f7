/** Where models come from. */

import type { Artefact } from '#shared/model/artefact.ts';

export interface ModelSource {
  /**
   * Fetches and verifies the model in force.
   *
   * @throws {ModelError} `model_not_found`, or what is wrong with it
   */
  current(): Promise<Artefact>;
}
