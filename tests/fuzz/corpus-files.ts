/** The inputs kept in the repository: those that reach what others do not, and every one that once was a finding. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = join(import.meta.dirname, 'corpus');

/** The inputs of a target. */
export function readCorpus(name: string): Uint8Array[] {
  const directory = join(DIRECTORY, name);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .sort()
    .map((file) => new Uint8Array(readFileSync(join(directory, file))));
}

/** Adds inputs, named by their content. */
export function addToCorpus(name: string, inputs: readonly Uint8Array[]): void {
  const directory = join(DIRECTORY, name);
  mkdirSync(directory, { recursive: true });
  for (const input of inputs) writeFileSync(join(directory, createHash('sha256').update(input).digest('hex').slice(0, 16)), input);
}
