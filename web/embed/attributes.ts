/** From what is written on a `<kws-listener>` to the knobs of a session. */

import type { Knobs } from '#shared/client/session.ts';
import { StreamError } from '#shared/client/stream-error.ts';

/** As written; `undefined` is absent. */
export interface WrittenKnobs {
  /** Words, by commas. */
  readonly keywords?: string | undefined;
  /** A number for all, or `word=number`, by commas. */
  readonly threshold?: string | undefined;
  /** Windows in a row. */
  readonly patience?: string | undefined;
  readonly refractoryMs?: string | undefined;
}

/**
 * Reads the knobs. What is absent or empty is left to the model; whether a number is in range, the session says.
 *
 * @throws {StreamError} `bad_attribute`
 */
export function readKnobs({ keywords, threshold, patience, refractoryMs }: WrittenKnobs): Knobs {
  return {
    ...(isWritten(keywords) ? { keywords: partsOf(keywords) } : {}),
    ...(isWritten(threshold) ? { threshold: readThreshold(threshold) } : {}),
    ...(isWritten(patience) ? { patience: readNumber('patience', patience) } : {}),
    ...(isWritten(refractoryMs) ? { refractoryMs: readNumber('refractory-ms', refractoryMs) } : {}),
  };
}

function isWritten(text: string | undefined): text is string {
  return text !== undefined && partsOf(text).length > 0;
}

function readThreshold(text: string): number | Record<string, number> {
  if (!text.includes('=')) return readNumber('threshold', text);
  return Object.fromEntries(partsOf(text).map(readPair));
}

function readPair(pair: string): readonly [string, number] {
  const at = pair.lastIndexOf('=');
  const keyword = pair.slice(0, Math.max(0, at)).trim();
  if (keyword === '') throw new StreamError('bad_attribute', `threshold: “${pair}” should read like yes=0.8.`);
  return [keyword, readNumber('threshold', pair.slice(at + 1))];
}

function readNumber(attribute: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new StreamError('bad_attribute', `${attribute}: “${text.trim()}” is no number.`);
}

function partsOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
