/** What one stream costs a visitor's computer when the page listens on the device: CPU of Chromium's renderer, live view and all. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium, type CDPSession, type Page } from 'playwright-core';

import { readWav, writeWav } from '#shared/audio/wav.ts';

import { findParts } from '../scripts/lib/parts.mjs';

const ROOT = join(import.meta.dirname, '..');
const PORT = '8197';
const WARM_UP_MS = 5000;
const MEASURED_MS = 20_000;
/** An hour's worth would only repeat what ten minutes say. */
const RECORDING_SECONDS = 600;

const program = findParts(process.env).find(({ name }) => name === 'chromium')?.path;
if (program === undefined) throw new Error('Chromium is missing: install it, or name it in KWS_CHROMIUM');
const directory = await mkdtemp(join(tmpdir(), 'kws-bench-page-'));
const service = spawn(process.execPath, ['dist/stream/main.js'], {
  cwd: ROOT,
  env: { ...process.env, PORT, LOG_LEVEL: 'silent' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
await once(service.stdout, 'data');
const speech = await repeatedSpeech();
const microphone = join(directory, 'microphone.wav');
await writeFile(microphone, writeWav(speech.subarray(0, 60 * 16_000), 16_000));
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
try {
  const system = await browser.newBrowserCDPSession();
  const still = await listeningShare(system, 'reduce');
  const moving = await listeningShare(system, 'no-preference');
  const recording = await recordingShare(system);
  process.stdout.write(
    [
      `on this device, ${browser.version()} without a graphics card; CPU of the renderer as a share of one core`,
      `a recording of ${RECORDING_SECONDS} s, heard and drawn: ${percent(recording)} of its length`,
      `listening, live view at two pictures a second: ${percent(still)}`,
      `listening, live view at full rate, drawn by the processor: ${percent(moving)}`,
      '',
    ].join('\n'),
  );
} finally {
  await browser.close();
  service.kill('SIGTERM');
  await rm(directory, { recursive: true });
}

/** CPU seconds a second while the page listens to the microphone. */
async function listeningShare(system: CDPSession, reducedMotion: 'reduce' | 'no-preference'): Promise<number> {
  const page = await openPage();
  await page.emulateMedia({ reducedMotion });
  await page.getByRole('button', { name: 'Start listening' }).click();
  await page.waitForTimeout(WARM_UP_MS);
  const before = await rendererSeconds(system);
  await page.waitForTimeout(MEASURED_MS);
  const share = ((await rendererSeconds(system)) - before) / (MEASURED_MS / 1000);
  await page.close();
  return share;
}

/** CPU seconds for each second of a long recording. */
async function recordingShare(system: CDPSession): Promise<number> {
  const page = await openPage();
  const before = await rendererSeconds(system);
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'speech.wav', mimeType: 'audio/wav', buffer: Buffer.from(writeWav(speech, 16_000)) });
  await page.getByText('Most probable').waitFor({ timeout: 120_000 });
  const share = ((await rendererSeconds(system)) - before) / RECORDING_SECONDS;
  await page.close();
  return share;
}

async function openPage(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${PORT}/`);
  await page.getByText('This device', { exact: true }).click();
  return page;
}

async function rendererSeconds(system: CDPSession): Promise<number> {
  const { processInfo } = await system.send('SystemInfo.getProcessInfo');
  return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

async function repeatedSpeech(): Promise<Float32Array> {
  const { samples } = readWav(await readFile(join(ROOT, 'tests/fixtures/recordings/yes-stop-left.wav')));
  return Float32Array.from({ length: RECORDING_SECONDS * 16_000 }, (_, n) => samples[n % samples.length]!);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
