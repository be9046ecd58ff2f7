/** A lease in NATS KV: at most one holder over the whole fleet, and a dead one's runs out. */

import { hostname } from 'node:os';

import { NatsError, type KV, type NatsConnection } from 'nats';
import { z } from 'zod';

import { registryReplicas } from '#shared/registry/names.ts';

import { PublicationError } from '../publication-error.ts';

const LEASE_BUCKET = 'kws_leases';
/** A lease that is not renewed for so long is free. */
const LEASE_MS = 60_000;
const RENEW_MS = 15_000;
const WRONG_LAST_SEQUENCE = 10_071;

const HolderSchema = z.object({ holder: z.string(), host: z.string(), pid: z.int() });

/** A lease that is held. */
export interface Lease {
  /** Aborted when it is lost: another may hold it now. */
  readonly signal: AbortSignal;
  /** Lets others have it at once. */
  release(): Promise<void>;
}

/**
 * Takes a lease. A holder that was killed gets its own back at once, on the machine that knows it to be dead; others wait until
 * it has run out.
 *
 * @param key - of what one at a time may do
 * @param holder - the same over restarts
 * @throws {PublicationError} `cycle_running_elsewhere`
 */
export async function takeLease(connection: NatsConnection, key: string, holder: string): Promise<Lease> {
  const kv = await connection
    .jetstream()
    .views.kv(LEASE_BUCKET, { ttl: LEASE_MS, history: 1, replicas: registryReplicas(connection.info?.cluster) });
  const text = JSON.stringify({ holder, host: hostname(), pid: process.pid });
  const revision = await create(kv, key, text);
  return holdLease(kv, { key, text, revision: revision ?? (await takeOver(kv, { key, text, holder })) });
}

async function create(kv: KV, key: string, text: string): Promise<number | undefined> {
  try {
    return await kv.create(key, text);
  } catch (error) {
    if (isConflict(error)) return undefined; // somebody holds it
    throw error;
  }
}

async function takeOver(kv: KV, { key, text, holder }: { key: string; text: string; holder: string }): Promise<number> {
  const entry = await kv.get(key);
  const current = entry?.operation === 'PUT' ? HolderSchema.parse(entry.json()) : undefined;
  const refused = new PublicationError(
    'cycle_running_elsewhere',
    `${key} is held by ${current ? `process ${current.pid} on ${current.host}` : 'another process'}; it runs out ${LEASE_MS / 1000} s after that ends`,
  );
  const isOurs = current?.holder === holder && current.host === hostname() && !isAlive(current.pid);
  if (!entry || !isOurs) throw refused;
  try {
    return await kv.update(key, text, entry.revision);
  } catch (error) {
    throw isConflict(error) ? refused : error;
  }
}

function holdLease(kv: KV, held: { readonly key: string; readonly text: string; readonly revision: number }): Lease {
  const lost = new AbortController();
  let { revision } = held;
  let renewedMs = Date.now();
  const renew = async (): Promise<void> => {
    try {
      revision = await kv.update(held.key, held.text, revision);
      renewedMs = Date.now();
    } catch (error) {
      // A server that is away for a while is no other holder; the lease is lost when it may have run out.
      if (isConflict(error) || Date.now() - renewedMs > LEASE_MS - RENEW_MS) {
        lost.abort(new PublicationError('lease_lost', `the lease ${held.key} was lost: another may be at work`, { cause: error }));
      }
    }
  };
  let renewing = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renewing.then(renew);
  }, RENEW_MS).unref();
  return {
    signal: lost.signal,
    release: async () => {
      clearInterval(timer);
      await renewing;
      if (!lost.signal.aborted) await kv.delete(held.key, { previousSeq: revision }).catch(() => undefined); // it runs out by itself
    },
  };
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false; // a container gives every process the same number; this one holds nothing yet
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === WRONG_LAST_SEQUENCE;
}
