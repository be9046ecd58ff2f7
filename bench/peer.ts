/** Loads packages that only the benchmark knows, from `bench/peers`. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

import { ROOT } from './subject.ts';

export const PEERS = `${ROOT}bench/peers/`;

/** A CommonJS package of the peers, as the part of it that a contender uses. */
export function requirePeer(name: string): unknown {
  return createRequire(`${PEERS}package.json`)(name) as unknown;
}

/** The Python of the peers, where there is one. */
export function peerPython(): string | undefined {
  const path = `${PEERS}venv/bin/python`;
  return existsSync(path) ? path : undefined;
}
