/** Where workers leave what they made: a folder that all see, or S3. */

import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';

import type { S3Client } from '@aws-sdk/client-s3';

import { writeWhole } from '../../artefact-files.ts';
import { PublicationError } from '../publication-error.ts';

/** Keeps files under keys with `/` between their parts. Putting the same again is harmless. */
export interface ArtefactStore {
  /** @throws {PublicationError} `artefact_store_failed` */
  put(key: string, content: Uint8Array): Promise<void>;
  /** @throws {PublicationError} `artefact_store_failed`, also where there is nothing */
  get(key: string): Promise<Uint8Array>;
}

/**
 * Opens a store.
 *
 * @param place - a folder, or `s3://bucket[/prefix]`; credentials, region and endpoint of S3 as the AWS SDK finds them
 */
export async function openArtefactStore(place: string): Promise<ArtefactStore> {
  const match = /^s3:\/\/([^/]+)\/?(.*)$/.exec(place);
  return match?.[1] === undefined ? folderStore(place) : s3Store(match[1], match[2] ?? '');
}

function folderStore(directory: string): ArtefactStore {
  const root = resolve(directory);
  const pathOf = (key: string): string => {
    const path = join(root, key);
    if (path.startsWith(root + sep)) return path;
    throw new RangeError(`the key ${key} leads out of ${root}`);
  };
  return {
    put: async (key, content) => {
      await mkdir(dirname(pathOf(key)), { recursive: true }).catch(failed(key, root));
      await writeWhole(pathOf(key), content).catch(failed(key, root));
    },
    get: (key) => readFile(pathOf(key)).catch(failed(key, root)),
  };
}

/** The SDK is large: it is loaded only where S3 is used. */
async function s3Store(bucket: string, prefix: string): Promise<ArtefactStore> {
  const { GetObjectCommand, PutObjectCommand, S3Client: Client } = await import('@aws-sdk/client-s3');
  const client: S3Client = new Client({ forcePathStyle: true }); // servers that are not Amazon's have no name for each bucket
  const place = `s3://${bucket}`;
  const keyOf = (key: string): string => (prefix === '' ? key : `${prefix.replace(/\/$/, '')}/${key}`);
  return {
    put: async (key, content) => {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(key), Body: content })).catch(failed(key, place));
    },
    get: async (key) => {
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(key) })).catch(failed(key, place));
      if (!answer.Body) return failed(key, place)('the answer has no body');
      return answer.Body.transformToByteArray().catch(failed(key, place));
    },
  };
}

function failed(key: string, place: string): (cause: unknown) => never {
  return (cause) => {
    throw new PublicationError('artefact_store_failed', `${key} in ${place}: ${String(cause)}`, { cause });
  };
}
