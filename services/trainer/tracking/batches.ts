/** Cuts what is to be logged into pieces that MLflow takes. */

import type { Batch, Metric } from './tracking-store.ts';

/** MLflow's limits of one `log-batch`. */
export const BATCH_LIMITS = { metrics: 1000, params: 100, tags: 100, entities: 1000, bytes: 900_000 } as const;
/** MLflow's limits of single values; what is longer is cut. */
const MAX_KEY_CHARACTERS = 250;
const MAX_PARAM_CHARACTERS = 6000;
const MAX_TAG_CHARACTERS = 8000;

/** What a metric costs in a request, beside its key. */
const METRIC_BYTES = 120;
const ENTRY_BYTES = 40;
/** A character may become six bytes of JSON (`\u0000`). */
const BYTES_PER_CHARACTER = 6;

type Entry =
  | { readonly kind: 'metrics'; readonly metric: Metric; readonly bytes: number }
  | { readonly kind: 'params' | 'tags'; readonly key: string; readonly value: string; readonly bytes: number };

/** Cuts a batch of any size into batches within `BATCH_LIMITS`; the order of metrics stays. An empty batch gives none. */
export function cutBatch(batch: Batch): Batch[] {
  const pieces: Piece[] = [];
  for (const entry of entriesOf(batch)) {
    const last = pieces.at(-1);
    const piece = last && hasRoom(last, entry) ? last : newPiece(pieces);
    add(piece, entry);
  }
  return pieces;
}

/** A name that MLflow takes: others than letters, digits, `_ - . : /` and blanks become `_`, and no part of a path is `..`. */
export function validKey(key: string): string {
  const plain = key
    .replaceAll(/[^\w\-. :/]/g, '_')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .map((part) => (part === '..' ? '__' : part))
    .join('/');
  return plain.slice(0, MAX_KEY_CHARACTERS).replace(/\/$/, '') || '_';
}

interface Piece {
  readonly metrics: Metric[];
  readonly params: Map<string, string>;
  readonly tags: Map<string, string>;
  bytes: number;
}

function entriesOf({ metrics, params, tags }: Batch): Entry[] {
  return [
    ...[...params].map(([key, value]) => entryOf('params', key, value.slice(0, MAX_PARAM_CHARACTERS))),
    ...[...tags].map(([key, value]) => entryOf('tags', key, value.slice(0, MAX_TAG_CHARACTERS))),
    ...metrics.map((metric): Entry => {
      const key = validKey(metric.key);
      return { kind: 'metrics', metric: { ...metric, key }, bytes: METRIC_BYTES + key.length };
    }),
  ];
}

function entryOf(kind: 'params' | 'tags', name: string, value: string): Entry {
  const key = validKey(name);
  return { kind, key, value, bytes: ENTRY_BYTES + key.length + BYTES_PER_CHARACTER * value.length };
}

function hasRoom(piece: Piece, { kind, bytes }: Entry): boolean {
  const counts = { metrics: piece.metrics.length, params: piece.params.size, tags: piece.tags.size };
  const entities = counts.metrics + counts.params + counts.tags;
  return counts[kind] < BATCH_LIMITS[kind] && entities < BATCH_LIMITS.entities && piece.bytes + bytes <= BATCH_LIMITS.bytes;
}

function newPiece(pieces: Piece[]): Piece {
  const piece: Piece = { metrics: [], params: new Map(), tags: new Map(), bytes: 0 };
  pieces.push(piece);
  return piece;
}

function add(piece: Piece, entry: Entry): void {
  if (entry.kind === 'metrics') piece.metrics.push(entry.metric);
  else piece[entry.kind].set(entry.key, entry.value);
  piece.bytes += entry.bytes;
}
