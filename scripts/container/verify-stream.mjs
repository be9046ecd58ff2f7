/** What the stream image must hold: small, quick, closed, heard, healthy, and gone in order when it is told to go. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import { say } from '../lib/report.mjs';
import { mustHold } from './buildah.mjs';
import { hearRecording } from './hear-recording.mjs';
import { readLayers } from './layers.mjs';
import { unpackImage } from './sealed.mjs';

/** @typedef {import('./sealed.mjs').SealedImage} SealedImage */

const MAX_OVER_BASE_BYTES = 200 * 1024 * 1024;
const MAX_READY_MS = 1000;
/** The median of so many starts counts. */
const STARTS = 5;
const READY_LIMIT_MS = 30_000;
const READY_POLL_MS = 5;
/** Of nobody in the image, as on clusters and hosts that choose one. */
const ANY_USER = '10001';

/**
 * @param {string} image
 * @param {string} base
 */
export async function verifyStream(image, base) {
  const { bytes, secrets } = await readLayers(image, base);
  say(`${(bytes / 1024 / 1024).toFixed(1)} MB over the base; looked for secrets in its layers: ${secrets.length} found`);
  mustHold(bytes <= MAX_OVER_BASE_BYTES, `the image is more than ${MAX_OVER_BASE_BYTES / 1024 / 1024} MB over its base`);
  mustHold(secrets.length === 0, `there are secrets in the layers: ${secrets.join(', ')}`);
  const sealed = await unpackImage(image);
  try {
    await verifyDescription(sealed);
    await verifyStarts(sealed);
    await verifyService(sealed);
    await verifyClosed(sealed);
  } finally {
    await sealed.remove();
  }
}

/** @param {SealedImage} sealed */
async function verifyDescription({ config, start }) {
  mustHold(!['', 'root', '0'].includes(config.User), `the image runs as ${config.User || 'root'}`);
  mustHold(config.Healthcheck !== undefined, 'the image has no health check');
  for (const name of ['title', 'description', 'licenses'])
    mustHold(Boolean(config.Labels[`org.opencontainers.image.${name}`]), `the label ${name} is missing`);
  const touch = start({ command: ['touch', '/app/anything'] });
  mustHold((await touch.ended) !== 0 && touch.output().includes('Read-only'), 'the root file system could be written to');
  const find = start({ command: ['find', '/app', '-ipath', '*tensorflow*', '-o', '-name', 'node_modules'] });
  await find.ended;
  mustHold(find.output() === '', `there should be no TensorFlow and no node_modules in it: ${find.output()}`);
}

/** @param {SealedImage} sealed */
async function verifyStarts(sealed) {
  /** @type {number[]} */
  const waits = [];
  for (let round = 0; round < STARTS; round++) {
    const startedMs = performance.now();
    const { service } = await serve(sealed);
    waits.push(performance.now() - startedMs);
    service.terminate();
    await service.ended;
  }
  const median = waits.toSorted((a, b) => a - b)[Math.floor(STARTS / 2)] ?? Infinity;
  say(`ready after ${waits.map((wait) => Math.round(wait)).join(', ')} ms, median ${Math.round(median)} ms`);
  const isBusy = (loadavg()[0] ?? 0) > availableParallelism();
  if (isBusy) say('  this machine is busy with other things, so that is not judged');
  mustHold(isBusy || median <= MAX_READY_MS, `the service was ready only after ${Math.round(median)} ms`);
}

/**
 * Streams to it, asks for its health and ends it, as a user that the image does not know.
 *
 * @param {SealedImage} sealed
 */
async function verifyService(sealed) {
  const { service, url, env } = await serve(sealed, { KWS_AUTH: 'open' }, ANY_USER);
  const heard = await hearRecording(`${url.replace('http', 'ws')}/v1/stream`);
  say(`heard ${heard.join(', ')} in a streamed recording, as user ${ANY_USER} on a read-only root`);
  mustHold(heard.length > 0, 'no keyword was heard in the recording');
  await verifyWebPage(url);
  const check = sealed.config.Healthcheck?.Test.slice(1) ?? [];
  const command = sealed.config.Healthcheck?.Test[0] === 'CMD' ? check : ['sh', '-c', ...check];
  const well = await sealed.start({ command, env }).ended;
  const heardWhileDraining = await hearRecording(`${url.replace('http', 'ws')}/v1/stream`, { onReady: () => service.terminate() });
  const code = await service.ended;
  const gone = await sealed.start({ command, env }).ended;
  say(
    `health check: ${well} while it ran, ${gone} after; ended with ${code} after SIGTERM, once a recording was heard (${heardWhileDraining.join(', ')})`,
  );
  mustHold(well === 0 && gone !== 0, 'the health check does not tell a running service from none');
  mustHold(code === 0, `the service ended with ${code} after SIGTERM: ${service.output()}`);
  mustHold(heardWhileDraining.join() === heard.join(), 'a session was cut while the service drained');
}

/** @param {string} url */
async function verifyWebPage(url) {
  const response = await fetch(url);
  mustHold(response.ok && (await response.text()).includes('<html'), 'the page is not served');
}

/**
 * As it comes, without a token or KWS_AUTH, it lets no stranger in.
 *
 * @param {SealedImage} sealed
 */
async function verifyClosed(sealed) {
  const { service, url } = await serve(sealed, { HOST: '0.0.0.0' });
  const refused = await hearRecording(`${url.replace('http', 'ws')}/v1/stream`).then(
    () => 'nothing',
    (/** @type {unknown} */ error) => String(error),
  );
  service.terminate();
  await service.ended;
  say(`without KWS_AUTH or tokens: ${refused}`);
  mustHold(/token|401|unauthorized/i.test(refused), 'a stranger came in');
}

/**
 * @param {SealedImage} sealed
 * @param {Record<string, string>} [settings]
 * @param {string} [user]
 */
async function serve(sealed, settings = {}, user = sealed.config.User) {
  const port = await freePort();
  const env = { PORT: String(port), WORKERS: '1', DRAIN_TIMEOUT_MS: '30000', ...settings };
  const service = sealed.start({ env, user });
  const url = `http://127.0.0.1:${port}`;
  try {
    await ready(url, service);
  } catch (error) {
    service.kill();
    throw error;
  }
  return { service, url, env };
}

/**
 * @param {string} url
 * @param {import('./sealed.mjs').SealedProcess} service
 */
async function ready(url, service) {
  const deadlineMs = performance.now() + READY_LIMIT_MS;
  while (performance.now() < deadlineMs) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  mustHold(false, `it was not ready within ${READY_LIMIT_MS / 1000} s: ${service.output()}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
