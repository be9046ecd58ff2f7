/** Where the project and its caches lie. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

/**
 * The folder for what is too dear to fetch again and must outlive the checkout.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string}
 */
export function cacheFolder(environment) {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kws-service');
}
