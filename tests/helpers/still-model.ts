/** A model that never changes, for tests of who is heard by one. */

import type { Classifier } from '#shared/model/classifier.ts';

import { LoadedModel } from '../../services/stream/models/loaded-model.ts';
import { Seat } from '../../services/stream/models/seat.ts';
import type { SessionContext } from '../../services/stream/ws/session-context.ts';

/** Seats everybody at the same model, whatever they ask for. */
export function stillModel(classifier: Classifier): SessionContext['models'] {
  const incumbent = new LoadedModel('still', classifier);
  return { seat: (_name, occupant) => new Seat({ occupant, incumbent, trial: undefined, onRelease: () => undefined }) };
}
