/** Pictures of the page for the documentation: taken by the tests, kept when `KWS_SCREENSHOTS=1` asks for it. */

import { join } from 'node:path';
import type { Page } from 'playwright-core';

import { PROJECT } from './service.ts';

const DIRECTORY = join(PROJECT, 'docs/screenshots');
const DESKTOP = { width: 1180, height: 860 };
const PHONE = { width: 390, height: 844 };

/** Takes `docs/screenshots/NAME.png`. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (process.env['KWS_SCREENSHOTS'] !== '1') return;
  await page.setViewportSize(DESKTOP);
  await page.screenshot({ path: join(DIRECTORY, `${name}.png`) });
}

/** Takes the picture, and the same in dark and on a phone. */
export async function takePictures(page: Page, name: string): Promise<void> {
  if (process.env['KWS_SCREENSHOTS'] !== '1') return;
  await takePicture(page, name);
  await page.emulateMedia({ colorScheme: 'dark' });
  await takePicture(page, `${name}-dark`);
  await page.setViewportSize(PHONE);
  await page.screenshot({ path: join(DIRECTORY, `${name}-phone-dark.png`) });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.screenshot({ path: join(DIRECTORY, `${name}-phone.png`) });
  await page.setViewportSize(DESKTOP);
}
