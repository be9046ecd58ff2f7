/** An hour of speech through the page's own engine, live view and log: it must hold no more memory than after the first minutes. */

import { beforeAll, expect, test } from 'vitest';

import { buildPage } from '../helpers/page-build.ts';
import { useSpeakingBrowser } from './support/browser.ts';
import { openHeapReader } from './support/heap.ts';
import { button, newPage, openPage } from './support/page.ts';
import { playTimeLapse, prepareTimeLapse } from './support/time-lapse.ts';

const MINUTE = 60;
/** By the end of the first one, rings, list and caches are full. */
const STEP_SECONDS = 10 * MINUTE;
const STEPS = 6;
const MAX_GROWTH_BYTES = 10 * 1024 * 1024;
/** Main thread, worklet, live view, engine. */
const THREADS = 4;
/** A minute and a half on a machine of its own. */
const TEST_TIMEOUT_MS = 30 * MINUTE * 1000;

beforeAll(buildPage);
const browser = useSpeakingBrowser('yes');

test('an hour of keywords leaves the page as big as ten minutes did', { timeout: TEST_TIMEOUT_MS }, async () => {
  const page = await newPage(browser());
  page.setDefaultTimeout(TEST_TIMEOUT_MS);
  await prepareTimeLapse(page);
  await openPage(page);
  await page.getByText('This device', { exact: true }).click();
  await button(page, 'Start listening').click();
  await button(page, 'Stop listening').waitFor();
  const heap = await openHeapReader(page);

  const usedBytes: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    await playTimeLapse(page, 'yes-stop-left', STEP_SECONDS);
    usedBytes.push(await heap.usedBytes());
  }

  process.stdout.write(`bytes in use, every ${STEP_SECONDS / MINUTE} minutes: ${usedBytes.join(', ')}\n`);
  expect(heap.threads).toBe(THREADS);
  expect(Number.parseInt((await page.getByText(/^\d+ so far$/).textContent()) ?? '')).toBeGreaterThan(1000);
  expect(Math.max(...usedBytes) - usedBytes[0]!).toBeLessThan(MAX_GROWTH_BYTES);
});
