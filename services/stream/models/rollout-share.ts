/** Which sessions a share of all is. */

import { createHash } from 'node:crypto';

const RANGE = 2 ** 32;

/**
 * Whether a session is in the share. The same on every instance, another choice for each rollout; who is in at a share is in at every
 * larger one.
 */
export function isInShare(session: string, { id, share }: { readonly id: string; readonly share: number }): boolean {
  return createHash('sha256').update(`${id}\n${session}`).digest().readUInt32BE() < share * RANGE;
}
