/** What clients are told of a model. */

import type { Manifest } from '#shared/model/manifest.ts';
import type { ModelSummary } from '#shared/protocol/messages.ts';

export function summaryOf({ name, version, digest, labels, keywords }: Manifest): ModelSummary {
  return { name, version, digest, labels, keywords };
}
