/** What the documents show of the service is what it says: clients, answers, transcripts. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { ServerMessage } from '#shared/protocol/messages.ts';

import type { StreamServer } from '../../services/stream/server.ts';
import { codeBlocks, readDocument, shellCommands } from '../helpers/documents.ts';
import { connect, type StreamClient } from '../helpers/stream-client.ts';
import { DEFAULT_MODEL_DIRECTORY, PROJECT_DIRECTORY, startServer } from '../helpers/test-server.ts';

const ADDRESS = /\b127\.0\.0\.1:8080\b/g;
const WAV_HEADER_BYTES = 44;
const README = await readDocument('README.md');
const CURL = await readDocument('docs/integrators/curl.md');
const TYPESCRIPT = await readDocument('docs/integrators/typescript.md');
const PROTOCOL = await readDocument('docs/integrators/protocol.md');

let server: StreamServer;
beforeAll(async () => {
  server = await startServer({ MODEL_SOURCE: `file:${DEFAULT_MODEL_DIRECTORY}` });
});
afterAll(() => server.close());

describe('README.md', () => {
  test('shows a client that prints ready, the words and end', async () => {
    const client = codeBlocks(README, 'js').find(({ code }) => code.includes('WebSocket'))?.code ?? '';

    const printed = await run(process.execPath, ['--input-type=module', '--eval', here(client)]);

    const types = [...printed.matchAll(/^(?: {2}|\{ )(?:type|keyword): '(\w+)'/gm)].map(([, word]) => word);
    expect(types).toEqual(['ready', 'keyword', 'yes', 'keyword', 'stop', 'keyword', 'left', 'end']);
  });

  test('uploads a recording with curl', async () => {
    const [line = ''] = curlLines(README);

    expect(keywordsOf(await run('bash', ['-c', here(line)]))).toEqual(['yes', 'stop', 'left']);
  });
});

describe('docs/integrators/curl.md', () => {
  const [answer, problem] = codeBlocks(CURL, 'json').map(({ code }) => JSON.parse(code) as object);

  test('uploads a body, and the field of a form, with the answer it shows', async () => {
    const [body = '', form = ''] = curlLines(CURL);

    expect(keywordsOf(await run('bash', ['-c', here(body)]))).toEqual(['yes']);
    expect(JSON.parse(await run('bash', ['-c', here(form)]))).toMatchObject(answer ?? {});
  });

  test('shows what another format is answered', async () => {
    const response = await fetch(`${server.url}/v1/detect`, { method: 'POST', headers: { 'content-type': 'audio/wav' }, body: 'fLaC....' });

    expect(await response.json()).toEqual(problem);
  });
});

test('docs/integrators/typescript.md shows what the example prints', async () => {
  const example = shellCommands(TYPESCRIPT).find(({ line }) => line.includes('examples/'));
  const [, ...args] = example?.words ?? [];

  const printed = await run(process.execPath, [...args, server.url]);

  expect(printed.trim()).toBe(codeBlocks(TYPESCRIPT, 'text')[0]?.code);
});

test('docs/integrators/protocol.md shows a session as it goes', async () => {
  const lines = (codeBlocks(PROTOCOL, 'text')[0]?.code ?? '').split('\n');
  const recording = await readFile(join(PROJECT_DIRECTORY, 'tests/fixtures/recordings/yes.wav'));
  const client = await connect(server.url);

  for (const line of lines) {
    if (line === '→ [32000 bytes]') client.sendAudio(recording.subarray(WAV_HEADER_BYTES));
    else if (line.startsWith('→ ')) client.send(line.slice(2));
    else if (line.startsWith('← {')) await expectMessage(client, line.slice(2));
  }

  expect(await client.closed).toEqual({ code: 1000, reason: 'done' });
  expect(lines.at(-1)).toBe('← close 1000 done');
});

/** @param shown a message as the document has it: `…` stands for what was left out */
async function expectMessage(client: StreamClient, shown: string): Promise<void> {
  const { session, model, ...rest } = JSON.parse(shown.replaceAll(',…]', ']')) as Shown;
  const message = await client.next(rest.type);

  expect(message).toMatchObject(rest);
  if (session === undefined || typeof model !== 'object') return;
  const { digest, labels, keywords, ...named } = model;
  expect(message).toMatchObject({ session: expect.stringMatching(/^[\da-f-]{36}$/) as string, model: named });
  expect(message).toMatchObject({ model: { digest: expect.stringContaining(digest.replace('…', '')) as string } });
  expect(message).toMatchObject({
    model: { labels: expect.arrayContaining(labels) as string[], keywords: expect.arrayContaining(keywords) as string[] },
  });
}

/** A message in the document; a keyword's model is its version. */
interface Shown {
  readonly type: ServerMessage['type'];
  readonly session?: string;
  readonly model?: string | { readonly digest: string; readonly labels: string[]; readonly keywords: string[] };
}

/** A command or program, with the address of this test's server. */
function here(text: string): string {
  return text.replaceAll(ADDRESS, new URL(server.url).host);
}

function curlLines(document: string): readonly string[] {
  return shellCommands(document)
    .map(({ line }) => line)
    .filter((line) => line.startsWith('curl ') && line.includes('tests/fixtures'));
}

function keywordsOf(answer: string): readonly string[] {
  const { events } = JSON.parse(answer) as { readonly events: readonly { readonly keyword: string }[] };
  return events.map(({ keyword }) => keyword);
}

async function run(program: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, args, { cwd: PROJECT_DIRECTORY })).stdout;
}
