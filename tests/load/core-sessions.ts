/** What a soak's load is a share of: measured just before it, because a shared machine does not carry the same from one day to the next. */

import { FIXTURES, measureCapacity } from '../../bench/stream/phases.ts';

/** How long each load is held, and after how long no larger one is tried. */
const STEADY_SECONDS = 12;
const SEARCH_LIMIT_MS = 180_000;
/** As k6 sends it. */
const CHUNK_MS = 80;

/** @returns how many sessions a core carries now, as `npm run bench:stream` measures it. @throws {Error} if it does not carry the fewest tried */
export async function measureCoreSessions(say: (message: string) => void): Promise<number> {
  const { light, held } = await measureCapacity({
    recordings: FIXTURES,
    chunkMs: CHUNK_MS,
    steadySeconds: STEADY_SECONDS,
    endMs: performance.now() + SEARCH_LIMIT_MS,
    say,
  });
  if (!held) throw new Error(`this machine does not carry ${light.sessions} sessions now; --sessions asks for fewer`);
  return held.sessions;
}
