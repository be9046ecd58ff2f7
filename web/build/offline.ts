/** A Vite plugin: tells the service worker which files the page is made of, and names its cache by their content. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'vite';

/** Served from the root, since a service worker answers for what lies below it. */
export const SERVICE_WORKER_FILE = 'service-worker.js';
/** What the worker's source has in place of the list. */
const PLACEHOLDER = '__OFFLINE_BUILD__';

/** Fills the list in once everything is written; a build of other files is another worker, which browsers then fetch. */
export function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    enforce: 'post',
    writeBundle({ dir }) {
      if (dir === undefined) return;
      const workerPath = join(dir, SERVICE_WORKER_FILE);
      const files = filesBelow(dir).filter((path) => path !== workerPath);
      const hash = createHash('sha256');
      for (const path of files) hash.update(relative(dir, path)).update(readFileSync(path));
      const urls = files.map((path) => `/${relative(dir, path).split(sep).join('/')}`).map((url) => (url === '/index.html' ? '/' : url));
      const build = JSON.stringify({ version: hash.digest('hex').slice(0, 16), urls });
      writeFileSync(
        workerPath,
        readFileSync(workerPath, 'utf8').replace(PLACEHOLDER, () => build),
      );
    },
  };
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
