/** Fetching from a server that breaks off, lies, or is fine. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';

import { pack } from 'tar-fs';
import { describe, expect, onTestFinished, test } from 'vitest';

import { download } from '../../../../../services/trainer/corpus/fetch/download.ts';
import { fetchSource } from '../../../../../services/trainer/corpus/fetch/fetch-source.ts';
import { readSource, type Archive } from '../../../../../services/trainer/corpus/fetch/source.ts';
import { freePort } from '../../../../helpers/free-port.ts';
import { temporaryFolder, writeFiles } from '../../../../helpers/recording-files.ts';

const OPTIONS = { signal: new AbortController().signal, onProgress: () => undefined, firstRetryMs: 1 };
const CONTENT = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i) % 251));

describe('a download', () => {
  test('that ends early goes on where it stopped', async () => {
    const ranges: (string | undefined)[] = [];
    const archive = await serve(CONTENT, (request, response) => {
      ranges.push(request.headers.range);
      response.writeHead(request.headers.range ? 206 : 200).end(CONTENT.subarray(startOf(request), startOf(request) + 40_000));
    });
    const path = join(await temporaryFolder(), 'archive');

    await download(archive, path, OPTIONS);

    expect((await readFile(path)).equals(CONTENT)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=40000-', 'bytes=80000-']);
  });

  test('whose connection breaks in the middle is whole in the end', async () => {
    let requests = 0;
    const archive = await serve(CONTENT, (request, response) => {
      response.writeHead(request.headers.range ? 206 : 200, { 'content-length': CONTENT.length - startOf(request) });
      if (requests++ === 0) response.write(CONTENT.subarray(0, 40_000), () => response.destroy());
      else response.end(CONTENT.subarray(startOf(request)));
    });
    const path = join(await temporaryFolder(), 'archive');

    await download(archive, path, OPTIONS);

    expect((await readFile(path)).equals(CONTENT)).toBe(true);
    expect(requests).toBe(2);
  });

  test('goes on after a kill, from what is on disk', async () => {
    const starts: number[] = [];
    const archive = await serve(CONTENT, (request, response) => {
      starts.push(startOf(request));
      response.writeHead(206).end(CONTENT.subarray(startOf(request)));
    });
    const path = join(await temporaryFolder(), 'archive');
    await writeFile(`${path}.partial`, CONTENT.subarray(0, 77_777));

    await download(archive, path, OPTIONS);

    expect(starts).toEqual([77_777]);
    expect((await readFile(path)).equals(CONTENT)).toBe(true);
  });

  test('begins anew where the server cannot give a rest', async () => {
    const archive = await serve(CONTENT, (_, response) => response.writeHead(200).end(CONTENT));
    const path = join(await temporaryFolder(), 'archive');
    await writeFile(`${path}.partial`, 'something else');

    await download(archive, path, OPTIONS);

    expect((await readFile(path)).equals(CONTENT)).toBe(true);
  });

  test('of other content is refused and removed', async () => {
    const archive = await serve(CONTENT, (_, response) => response.writeHead(200).end(CONTENT));
    const directory = await temporaryFolder();

    const failure = download({ ...archive, sha256: 'a'.repeat(64) }, join(directory, 'archive'), OPTIONS);

    await expect(failure).rejects.toMatchObject({ code: 'checksum_mismatch' });
    expect(await readdir(directory)).toEqual([]);
  });

  test('that is longer than it should be is cut off', async () => {
    const archive = await serve(CONTENT, (_, response) => response.writeHead(200).end(CONTENT));

    const failure = download({ ...archive, bytes: 1000 }, join(await temporaryFolder(), 'archive'), OPTIONS);

    await expect(failure).rejects.toMatchObject({ code: 'checksum_mismatch' });
  });

  test.each([
    { status: 404, requests: 1 },
    { status: 503, requests: 6 },
  ])('answered with $status is tried $requests times', async ({ status, requests }) => {
    let count = 0;
    const archive = await serve(CONTENT, (_, response) => {
      count++;
      response.writeHead(status).end();
    });

    const failure = download(archive, join(await temporaryFolder(), 'archive'), OPTIONS);

    await expect(failure).rejects.toMatchObject({ code: 'download_failed', message: expect.stringContaining(String(status)) as unknown });
    expect(count).toBe(requests);
  });

  test('from where nobody listens says what the system said', async () => {
    const archive = await serve(CONTENT, () => undefined);
    const url = `http://127.0.0.1:${await freePort()}/archive`;

    const failure = download({ ...archive, url }, join(await temporaryFolder(), 'archive'), OPTIONS);

    await expect(failure).rejects.toThrow(/ECONNREFUSED.*run it again/);
  });
});

test('a source is unpacked into its folder with its licence and origin, and fetched once', async () => {
  const content = await temporaryFolder();
  await writeFiles(content, { 'yes/anna_nohash_0.wav': 1, 'validation_list.txt': '' });
  const tar = await buffer(pack(content).pipe(createGzip()));
  let requests = 0;
  const archive = await serve(tar, (_, response) => {
    requests++;
    response.writeHead(200).end(tar);
  });
  const directory = await temporaryFolder();
  const source = { name: 'words', licence: 'CC-BY-4.0', archives: [archive] };
  const options = { signal: OPTIONS.signal, onArchive: () => OPTIONS };

  const made = [await fetchSource(source, directory, options), await fetchSource(source, directory, options)];

  expect(made).toEqual([[join(directory, 'words')], []]);
  expect(requests).toBe(1);
  expect((await readdir(join(directory, 'words'))).sort()).toEqual(['source.yaml', 'validation_list.txt', 'yes']);
  expect(await readFile(join(directory, 'words', 'source.yaml'), 'utf8')).toBe(`licence: CC-BY-4.0\norigin: ${archive.url}\n`);
  expect(await readdir(join(directory, '.downloads'))).toEqual([]);
});

test('the sources of the project are described in full', async () => {
  const { licence, archives } = await readSource('speech-commands');

  expect(licence).toBe('CC-BY-4.0');
  expect(archives.map(({ folder }) => folder)).toEqual(['speech_commands', 'test_v2_12']);
  await expect(readSource('speech-comands')).rejects.toMatchObject({ code: 'invalid_config' });
});

async function serve(content: Buffer, answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Archive> {
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/words.tar.gz`, sha256, bytes: content.length, folder: 'words' };
}

function startOf({ headers }: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
}
