/** How many sessions a soak has: a share of what was measured that a core carries. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { StreamSchema } from '../../bench/all/sections/stream.ts';
import { RESULTS_FOLDER } from '../../bench/result-file.ts';

const SHARE = 0.7;

/** @returns undefined where `npm run bench:stream` has left nothing */
export async function soakSessions(workers: number, say: (message: string) => void, folder = RESULTS_FOLDER): Promise<number | undefined> {
  const text = await readFile(join(folder, 'stream.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { machine, capacity } = StreamSchema.parse(JSON.parse(text));
  if (capacity?.held === undefined) return undefined;
  const sessions = Math.floor(SHARE * workers * capacity.held.sessions);
  say(`${sessions} sessions: ${100 * SHARE} % of the ${capacity.held.sessions} a core carried (bench:stream; ${machine})`);
  return sessions;
}
