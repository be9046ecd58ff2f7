/** What one stream costs a visitor's computer when the page listens on the device: the stream alone, and what drawing it adds. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium, type Page } from 'playwright-core';

import { readWav, writeWav } from '#shared/audio/wav.ts';

import { BUILD_PARTS } from '../scripts/lib/build-parts.mjs';
import { build } from '../scripts/lib/build.mjs';
import { findParts } from '../scripts/lib/parts.mjs';
import { SERVICE_ENVIRONMENT, SERVICE_NODE_OPTIONS } from '../scripts/lib/service-command.mjs';

const ROOT = join(import.meta.dirname, '..');
const PORT = '8197';
const SERVICE = `http://127.0.0.1:${PORT}/`;
/** Scripts are compiled, and buffers filled, by then. */
const WARM_UP_MS = 5000;
const MEASURED_MS = 15_000;
/** Rows that are compared are measured in turns; the median counts. */
const ROUNDS = 3;
/** An hour's worth would only repeat what ten minutes say. */
const RECORDING_SECONDS = 600;
const MICROPHONE_SECONDS = 60;
/** As our recordings are, and as Chromium wants a microphone's. */
const RECORDED_HZ = 16_000;
const MICROPHONE_HZ = 48_000;
/** The live view is to be seen: out of sight it is not drawn. */
const VIEWPORT = { width: 1180, height: 1300 };
const LOW_VIEWPORT = { width: 1180, height: 300 };
/** A microphone on an AudioWorklet that does nothing, with buffers as ours: what the browser itself takes. */
const BARE_MICROPHONE = `(async () => {
  const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  const context = new AudioContext({ latencyHint: 0.04 });
  const source = "registerProcessor('bare', class extends AudioWorkletProcessor { process() { return true; } })";
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  const node = new AudioWorkletNode(context, 'bare', { numberOfInputs: 1, numberOfOutputs: 0 });
  context.createMediaStreamSource(stream).connect(node);
  globalThis.kept = { context, node };
})()`;
const LISTENER_ALONE = `globalThis.heard = 0;
  document.body.innerHTML = '<kws-listener hidden autostart engine="device"></kws-listener>';
  document.querySelector('kws-listener').addEventListener('keyword', () => heard++);`;

/** What was measured, as shares of one core. */
interface Cost {
  /** For how long. */
  readonly seconds: number;
  /** Of the page's process: its threads, worklet and workers. */
  readonly page: number;
  /** Of the process that puts pictures on the screen; without a graphics card the processor does it. */
  readonly screen: number;
}

interface Drawn extends Cost {
  readonly picturesPerSecond: number;
  /** Share of the pictures that a screen of 60 Hz had to wait for. */
  readonly late: number;
}

const program = findParts(process.env).find(({ name }) => name === 'chromium')?.path;
if (program === undefined) throw new Error('Chromium is missing: install it, or name it in KWS_CHROMIUM');
await build(ROOT, BUILD_PARTS);
const directory = await mkdtemp(join(tmpdir(), 'kws-bench-page-'));
const service = spawn(process.execPath, [...SERVICE_NODE_OPTIONS, 'dist/stream/main.js'], {
  cwd: ROOT,
  env: { ...process.env, ...SERVICE_ENVIRONMENT, PORT, LOG_LEVEL: 'silent' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
await once(service.stdout, 'data');
const { samples: speech } = readWav(await readFile(join(ROOT, 'tests/fixtures/recordings/yes-stop-left.wav')));
const microphone = join(directory, 'microphone.wav');
await writeFile(microphone, writeWav(repeated(MICROPHONE_SECONDS, MICROPHONE_HZ), MICROPHONE_HZ));
const recording = join(directory, 'speech.wav');
await writeFile(recording, writeWav(repeated(RECORDING_SECONDS, RECORDED_HZ), RECORDED_HZ));
const browser = await chromium.launch({
  executablePath: program,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${microphone}`,
  ],
});
const system = await browser.newBrowserCDPSession();
try {
  say(`on this device, ${browser.version()} without a graphics card; CPU as a share of one core`);
  const bare: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await bareMicrophone());
    alone.push(await listenerAlone());
  }
  const [silent, stream] = [median(bare), median(alone)];
  say(`microphone and AudioWorklet that do nothing, the browser's own: ${percent(silent)}`);
  say(`the stream alone, listening live: ${percent(stream)}, which is ${percent(stream - silent)} more`);
  say(`the page, live view out of sight: ${costText(await pageListening('no-preference', LOW_VIEWPORT))}`);
  say(`the page, live view at two pictures a second: ${costText(await pageListening('reduce'))}`);
  const moving = await pageListening('no-preference');
  say(`the page, live view at full rate: ${costText(moving)}`);
  say(`pictures: ${moving.picturesPerSecond.toFixed(1)} a second, ${percent(moving.late)} of them late`);
  say(`a recording of ${RECORDING_SECONDS} s, heard and drawn: ${percent(await recordingShare())} of its length`);
} finally {
  await browser.close();
  service.kill('SIGTERM');
  await rm(directory, { recursive: true });
}

async function bareMicrophone(): Promise<number> {
  const page = await emptyPage();
  await page.evaluate(BARE_MICROPHONE);
  const { page: share } = await costOf(page);
  await page.close();
  return share;
}

/** `<kws-listener>` that nobody sees: microphone, worklet, engine and detector, and no view. */
async function listenerAlone(): Promise<number> {
  const page = await emptyPage();
  await page.addScriptTag({ url: `${SERVICE}kws-listener.js` });
  await page.evaluate(LISTENER_ALONE);
  const { page: share } = await costOf(page);
  if ((await page.evaluate<number>('heard')) === 0) throw new Error('the listener has heard nothing');
  await page.close();
  return share;
}

async function pageListening(reducedMotion: 'reduce' | 'no-preference', viewport = VIEWPORT): Promise<Drawn> {
  const page = await openPage(viewport);
  await page.emulateMedia({ reducedMotion });
  await page.getByRole('button', { name: 'Start listening' }).click();
  const view = page.workers().find((worker) => worker.url().includes('live-worker'));
  if (!view) throw new Error('the page has no live view');
  const cost = await costOf(page, () => view.evaluate('frames.take()'));
  const { drawn, late } = await view.evaluate<{ drawn: number; late: number }>('frames.take()');
  await page.close();
  return { ...cost, picturesPerSecond: drawn / cost.seconds, late: drawn === 0 ? 0 : late / drawn };
}

/** CPU seconds for each second of a long recording. */
async function recordingShare(): Promise<number> {
  const page = await openPage(VIEWPORT);
  const before = await cpuSeconds('renderer');
  await page.locator('input[type=file]').setInputFiles(recording);
  await page.getByText('Most probable').waitFor({ timeout: 120_000 });
  const share = ((await cpuSeconds('renderer')) - before) / RECORDING_SECONDS;
  await page.close();
  return share;
}

/** CPU seconds a second, once everything is warm. */
async function costOf(page: Page, begin: () => Promise<unknown> = () => Promise.resolve()): Promise<Cost> {
  await page.waitForTimeout(WARM_UP_MS);
  await begin();
  const before = { page: await cpuSeconds('renderer'), screen: await cpuSeconds('GPU'), ms: performance.now() };
  await page.waitForTimeout(MEASURED_MS);
  const seconds = (performance.now() - before.ms) / 1000;
  return {
    seconds,
    page: ((await cpuSeconds('renderer')) - before.page) / seconds,
    screen: ((await cpuSeconds('GPU')) - before.screen) / seconds,
  };
}

async function cpuSeconds(processType: 'renderer' | 'GPU'): Promise<number> {
  const { processInfo } = await system.send('SystemInfo.getProcessInfo');
  return processInfo.filter(({ type }) => type === processType).reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/** Of the service's origin, which has scripts and engine, with nothing in it. */
async function emptyPage(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${SERVICE}healthz`);
  return page;
}

async function openPage(viewport: { width: number; height: number }): Promise<Page> {
  const page = await browser.newPage({ viewport });
  await page.goto(SERVICE);
  await page.getByText('This device', { exact: true }).click();
  return page;
}

/** The recording over and over; raised to a higher rate by repetition, whose images the page's own resampler takes away. */
function repeated(seconds: number, rateHz: number): Float32Array {
  const each = rateHz / RECORDED_HZ;
  return Float32Array.from({ length: seconds * rateHz }, (_, n) => speech[Math.floor(n / each) % speech.length]!);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function costText({ page, screen }: Cost): string {
  return `${percent(page)}, and ${percent(screen)} to put it on the screen`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
