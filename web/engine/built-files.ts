/** The engine's files of this build, if it has any. */

import files from 'virtual:engine-files';

import { CodedError } from '#shared/coded-error.ts';
import type { EngineFiles } from './worker-messages.ts';

/** @throws {CodedError} `engine_not_built` */
export function builtEngineFiles(): EngineFiles {
  if (files) return files;
  throw new CodedError('engine_not_built', 'This build of the page has no model of its own, so only a server can listen.');
}
