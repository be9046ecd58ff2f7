/** A folder whose files are values: the path below it is the key, the content the value. */

import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Everything in the folder and below; nothing where there is none. */
export async function readValues(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const values = new Map<string, string>();
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    values.set(relative(folder, path).split(sep).join('/'), await readFile(path, 'utf8'));
  }
  return values;
}
