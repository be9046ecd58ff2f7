/** Where the project lies: this runs from source and from `dist/`, which are not equally deep. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The nearest directory at or above `from` that has a `package.json`; `from` itself if there is none. */
export function projectDirectory(from: string): string {
  for (let directory = from; directory !== dirname(directory); directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
  }
  return from;
}
