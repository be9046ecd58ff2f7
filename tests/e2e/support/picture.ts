/** Pictures of the page for the documentation: taken by the tests, kept when `KWS_SCREENSHOTS=1` asks for it. */

import { join } from 'node:path';
import type { Page } from 'playwright-core';

import { PROJECT_DIRECTORY } from '../../helpers/test-server.ts';

const DIRECTORY = join(PROJECT_DIRECTORY, 'docs/screenshots');
export const DESKTOP = { width: 1180, height: 860 };
export const PHONE = { width: 390, height: 844 };

/** Until the live view has learned that it is seen, and has drawn. */
const FRAMES_TO_BE_SEEN = 4;

/** Takes `docs/screenshots/NAME.png` of a page that has come to rest. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (process.env['KWS_SCREENSHOTS'] !== '1') return;
  await showAll(page, DESKTOP);
  await page.screenshot({ path: join(DIRECTORY, `${name}.png`), animations: 'disabled', fullPage: true });
}

/** Makes the window as high as the page, so that what is drawn only when it is seen is drawn. */
async function showAll(page: Page, size: typeof DESKTOP): Promise<void> {
  await page.setViewportSize(size);
  const height = await page.evaluate<number>('document.documentElement.scrollHeight');
  await page.setViewportSize({ ...size, height });
  const view = page.workers().find((worker) => worker.url().includes('live-worker'));
  const frame = 'new Promise((resolve) => requestAnimationFrame(() => resolve(undefined)))';
  for (let i = 0; i < FRAMES_TO_BE_SEEN; i++) {
    await page.evaluate(frame);
    await view?.evaluate(frame);
  }
}

/** Takes the same picture in light and dark, for desktop and phone, each once `isReady`: a page in motion is caught as it is. */
export async function takePictures(page: Page, name: string, isReady: () => Promise<void>): Promise<void> {
  if (process.env['KWS_SCREENSHOTS'] !== '1') return;
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [device, size] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      await isReady();
      await page.screenshot({ path: join(DIRECTORY, `${name}-${device}-${colorScheme}.png`) });
    }
  }
  await showAll(page, PHONE);
  await page.screenshot({ path: join(DIRECTORY, `${name}-phone-all.png`), fullPage: true });
}
