/** What a visitor can set, see and take away, in real Chromium: switches, server and token, the log as JSON, the live view. */

import { text } from 'node:stream/consumers';

import type { Page } from 'playwright-core';
import { beforeAll, expect, onTestFinished, test } from 'vitest';

import { buildPage } from '../helpers/page-build.ts';
import { readRecording } from '../helpers/recordings.ts';
import { startServer } from '../helpers/test-server.ts';
import { useSpeakingBrowser } from './support/browser.ts';
import { button, connected, listed, newPage, nextKeyword, openPage, upload } from './support/page.ts';

const TOKEN = 'a-token-of-this-test';

beforeAll(buildPage);
const browser = useSpeakingBrowser('yes-stop-left');

test('what the browser shall do to the sound is asked of it; patience, quiet and a changed patience go to the session', async () => {
  const page = await newPage(browser());
  await page.addInitScript(() => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = (constraints) => {
      Object.assign(globalThis, { asked: constraints?.audio });
      return ask(constraints);
    };
  });
  const sent = sentMessages(page);
  await openPage(page);
  await page.getByText('Microphone, detection and server').click();
  for (const name of ['Cancel echo', 'Suppress noise', 'Even out loudness']) await page.getByRole('checkbox', { name }).click();
  const patience = page.getByRole('spinbutton', { name: 'Patience' });
  await patience.fill('3');
  await patience.blur();
  await page.getByRole('spinbutton', { name: 'Quiet after a word' }).fill('1500');

  await button(page, 'Start listening').click();
  await connected(page).waitFor();
  await patience.fill('2');
  await patience.blur();
  await listed(page, 'yes').first().waitFor();

  expect(await page.evaluate('asked')).toMatchObject({ echoCancellation: true, noiseSuppression: true, autoGainControl: false });
  expect(sent[0]).toMatchObject({ type: 'start', patience: 3, refractoryMs: 1500 });
  expect(sent).toContainEqual(expect.objectContaining({ type: 'configure', patience: 2, refractoryMs: 1500 }));
});

test('another server is spoken to with its token, by stream and by upload; without the token it says that it wants one', async () => {
  const own = await startServer({});
  const other = await startServer({ KWS_TOKENS: TOKEN, KWS_ALLOWED_ORIGINS: new URL(own.url).origin });
  onTestFinished(async () => {
    await own.close();
    await other.close();
  });
  const page = await openPage(browser(), own.url);
  await page.getByText('Microphone, detection and server').click();
  await page.getByRole('textbox', { name: 'Address' }).fill(other.url);
  await page.getByRole('textbox', { name: 'Address' }).blur();

  await button(page, 'Start listening').click();
  await button(page, 'Start again').waitFor();
  const refusal = await page.getByRole('alert').textContent();
  await page.getByRole('textbox', { name: 'Token' }).fill(TOKEN);
  await page.getByRole('textbox', { name: 'Token' }).blur();
  await button(page, 'Start again').click();
  await listed(page, 'yes').first().waitFor();
  await upload(page, await readRecording('stop'));
  await page.getByText(/^\d+ % probable$/).waitFor();

  expect(refusal).toMatch(/token/);
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(TOKEN);
});

test('the log is copied and downloaded as JSON, oldest first', async () => {
  const page = await newPage(browser());
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write', 'microphone']);
  await openPage(page);
  await button(page, 'Start listening').click();
  await listed(page, 'stop').first().waitFor();
  await button(page, 'Stop listening').click();
  await button(page, 'Start listening').waitFor();

  const downloading = page.waitForEvent('download');
  await button(page, 'Download JSON').click();
  const download = await downloading;
  const downloaded = JSON.parse(await text(await download.createReadStream())) as Record<string, unknown>[];
  await button(page, 'Copy as JSON').click();
  await button(page, 'Copied').waitFor();

  expect(download.suggestedFilename()).toBe('keywords.json');
  expect(JSON.parse(await page.evaluate('navigator.clipboard.readText()'))).toEqual(downloaded);
  expect(downloaded.map(({ sequence }) => sequence)).toEqual(downloaded.map((_, i) => i));
  expect(downloaded.find(({ keyword }) => keyword === 'stop')).toMatchObject({ model: '0.3.1', score: expect.any(Number) as number });
  expect(await page.getByRole('list', { name: 'Keywords heard' }).getByRole('listitem').count()).toBe(downloaded.length);
});

test('the live view moves while it is seen, rests while it is not, and takes two steps a second for those who prefer reduced motion', async () => {
  const page = await openPage(browser());
  await page.setViewportSize({ width: 1180, height: 1400 });
  const canvas = page.locator('kws-live-view canvas');
  const before = await canvas.screenshot();
  await button(page, 'Start listening').click();
  await nextKeyword(page);

  expect((await canvas.screenshot()).equals(before)).toBe(false);
  expect((await drawnUntilNextKeyword(page)).pictures).toBeGreaterThan(0);

  await page.setViewportSize({ width: 1180, height: 300 });
  await nextKeyword(page); // by then it knows that nobody sees it
  expect((await drawnUntilNextKeyword(page)).pictures).toBe(0);

  await page.setViewportSize({ width: 1180, height: 1400 });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await nextKeyword(page);
  const { pictures, seconds } = await drawnUntilNextKeyword(page);
  expect(pictures).toBeGreaterThan(0);
  expect(pictures).toBeLessThanOrEqual(2 * seconds + 2);
});

/** Pictures of the live view until one more keyword is heard, and how much sound that was. */
async function drawnUntilNextKeyword(page: Page): Promise<{ readonly pictures: number; readonly seconds: number }> {
  const view = page.workers().find((worker) => worker.url().includes('live-worker'));
  if (!view) throw new TypeError('the page has a live view');
  await view.evaluate('frames.take()');
  const before = await view.evaluate<number>('timeline.samples');
  await nextKeyword(page);
  const pictures = await view.evaluate<number>('frames.take().drawn');
  return { pictures, seconds: ((await view.evaluate<number>('timeline.samples')) - before) / 16_000 };
}

/** What the page says to its server, as it says it. */
function sentMessages(page: Page): readonly object[] {
  const sent: object[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      if (typeof payload === 'string') sent.push(JSON.parse(payload) as object);
    }),
  );
  return sent;
}
