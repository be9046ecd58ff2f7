/** The secret by which tenants are told apart in an inbox: all processes that share the inbox share it. */

import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const KEY_FILE = 'key';
const KEY_BYTES = 32;

/** Reads it, or makes it; of processes that begin at once, one's is taken by all. */
export async function inboxKey(directory: string): Promise<Buffer> {
  const path = join(directory, KEY_FILE);
  const known = await readFile(path).catch(() => undefined);
  if (known) return known;
  const own = `${path}.${process.pid}.tmp`;
  await writeFile(own, randomBytes(KEY_BYTES), { mode: 0o600 });
  try {
    await link(own, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(own);
  }
  return readFile(path);
}
