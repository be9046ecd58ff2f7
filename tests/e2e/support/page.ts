/** Pages of the real service in a real browser. */

import type { Browser, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

import { startServer } from '../../helpers/test-server.ts';

/** The real service, on a port of its own, for one test. */
export async function startServiceForTest(port = 0): Promise<string> {
  const service = await startServer({ PORT: String(port) });
  onTestFinished(() => service.close());
  return service.url;
}

/** Opens the page of a service of the test's own, or of the one given; a fault that the page does not handle fails the test. */
export async function openPage(from: Browser | Page, url?: string): Promise<Page> {
  const page = 'newPage' in from ? await newPage(from) : from;
  watchFaults(page);
  await page.goto(url ?? (await startServiceForTest()));
  await button(page, 'Start listening').waitFor();
  return page;
}

/** Closes the page after the test, which fails if the page had a fault that it does not handle. */
export function watchFaults(page: Page): void {
  const faults: unknown[] = [];
  page.on('pageerror', (fault) => faults.push(fault));
  onTestFinished(async () => {
    await page.close();
    expect(faults).toEqual([]);
  });
}

/** Its service worker is left out: what it keeps, a test cannot put in its way. */
export function newPage(browser: Browser): Promise<Page> {
  return browser.newPage({ serviceWorkers: 'block' });
}

export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

export function upload(page: Page, buffer: Buffer): Promise<void> {
  return page.locator('input[type=file]').setInputFiles({ name: 'recording.wav', mimeType: 'audio/wav', buffer });
}

/** Entries of the log. */
export const listed = (page: Page, word: string) =>
  page.getByRole('list', { name: 'Keywords heard' }).getByRole('listitem').filter({ hasText: word });
export const connected = (page: Page) => page.getByRole('status', { name: 'Connection' }).filter({ hasText: /^connected$/ });
export const connection = (page: Page) => page.getByRole('status', { name: 'Connection' }).textContent();

/** Until one more `word` is listed. */
export async function nextWord(page: Page, word: string): Promise<void> {
  const count = await listed(page, word).count();
  await listed(page, word).nth(count).waitFor();
}

/** Until one more keyword is heard, and still stands out. */
export async function nextKeyword(page: Page): Promise<void> {
  const total = async (): Promise<number> => parseInt((await page.getByText(/^\d+ so far$/).textContent()) ?? '');
  const before = await total();
  await expect.poll(total, { timeout: 30_000, interval: 100 }).toBeGreaterThan(before);
}
