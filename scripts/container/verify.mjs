/**
 * `node scripts/container/verify.mjs [--base IMAGE]`: builds the stream image for real with buildah, runs it, streams a recording to it, stops it.
 * Without `--base` it is built on a stand-in for the Node image that is made here.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { findProgram, runCommand } from '../lib/command.mjs';
import { main } from '../lib/main.mjs';
import { ROOT } from '../lib/paths.mjs';
import { say, step } from '../lib/report.mjs';
import { SetupError } from '../lib/setup-error.mjs';
import { hearRecording } from './hear-recording.mjs';
import { LOCAL_BASE, makeLocalBase } from './local-base.mjs';

const IMAGE = 'localhost/kws-stream:verify';
const MAX_OVER_BASE_BYTES = 200 * 1024 * 1024;
const READY_LIMIT_MS = 30_000;

await main(async () => {
  const { values } = parseArgs({ options: { base: { type: 'string' } } });
  if (findProgram(['buildah'], process.env['PATH'] ?? '') === undefined) {
    throw new SetupError('container_failed', 'buildah is missing: apt-get install buildah debootstrap');
  }
  if (values.base === undefined) await makeLocalBase();
  const base = values.base ?? LOCAL_BASE;
  await step('building the stream image', () =>
    buildah(
      'build',
      '--format=docker',
      '--isolation=chroot',
      '--layers',
      '--target=stream',
      `--build-arg=NODE_IMAGE=${base}`,
      `--tag=${IMAGE}`,
      ROOT,
    ),
  );
  const overBaseBytes = (await sizeOf(IMAGE)) - (await sizeOf(base));
  say(`the image is ${megabytes(overBaseBytes)} over its base`);
  if (overBaseBytes > MAX_OVER_BASE_BYTES)
    throw new SetupError('container_failed', `the image is more than ${megabytes(MAX_OVER_BASE_BYTES)} over its base`);
  await runIt();
  return 0;
});

/** Starts the image's command as its user, as a container would. */
async function runIt() {
  const { output: container } = await buildah('from', '--pull-never', IMAGE);
  try {
    const port = await freePort();
    const startedMs = performance.now();
    const service = spawn(
      'buildah',
      [
        ...['run', '--isolation=chroot', '--user=node', `--env=PORT=${port}`, '--env=HOST=127.0.0.1', '--env=WORKERS=1', container],
        ...['--', 'node', '--enable-source-maps', 'dist/stream/main.js'],
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    await ready(`http://127.0.0.1:${port}`);
    say(`ready after ${Math.round(performance.now() - startedMs)} ms, container start included`);
    const heard = await hearRecording(`ws://127.0.0.1:${port}/v1/stream`);
    say(`heard ${heard.join(', ')} in a streamed recording`);
    if (heard.length === 0) throw new SetupError('container_failed', 'the container heard no keyword in the recording');
    const { output: tensorflow } = await buildah('run', '--isolation=chroot', container, '--', 'find', '/app', '-ipath', '*tensorflow*');
    if (tensorflow !== '') throw new SetupError('container_failed', `TensorFlow is in the image: ${tensorflow}`);
    const { output: children } = await runCommand('pgrep', ['-f', '-n', 'dist/stream/main.js'], { quiet: true });
    process.kill(Number(children), 'SIGTERM');
    const [code] = await once(service, 'exit');
    say(`ended with code ${code} after SIGTERM`);
    if (code !== 0) throw new SetupError('container_failed', `the service ended with code ${code} after SIGTERM`);
  } finally {
    await buildah('rm', container);
  }
}

/** @param {string} url */
async function ready(url) {
  const deadlineMs = performance.now() + READY_LIMIT_MS;
  while (performance.now() < deadlineMs) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new SetupError('container_failed', `the container was not ready within ${READY_LIMIT_MS / 1000} s`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** @param {string} image */
async function sizeOf(image) {
  /** @type {{ id: string, names?: string[], size: string }[]} */
  const images = JSON.parse((await buildah('images', '--json', '--no-trunc')).output);
  const { output: id } = await buildah('inspect', '--type=image', '--format={{.FromImageID}}', image);
  const found = images.find(({ names }) => names?.includes(image)) ?? images.find((one) => one.id === id);
  return bytesOf(found?.size ?? '0 B');
}

/** @param {string} text - such as "213 MB" */
function bytesOf(text) {
  const [number = '0', unit = 'B'] = text.split(' ');
  return Number(number) * { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 }[/** @type {'B' | 'KB' | 'MB' | 'GB'} */ (unit)];
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** @param {readonly string[]} args */
async function buildah(...args) {
  const result = await runCommand('buildah', args, { quiet: true });
  if (result.code !== 0) throw new SetupError('container_failed', `buildah ${args.join(' ')} failed: ${result.output}`);
  return result;
}
