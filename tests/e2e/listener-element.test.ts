/** `<kws-listener>` in a page of another origin, in real Chromium, against the real service. */

import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { startServer } from '../helpers/test-server.ts';
import { browserForTest, useSpeakingBrowser } from './support/browser.ts';
import { seriousFaults } from './support/faults.ts';
import { serveGuestPage, type SeenEvent } from './support/guest-page.ts';
import { buildPage } from '../helpers/page-build.ts';
import { button, newPage, startServiceForTest, watchFaults } from './support/page.ts';
import { takePicture } from './support/picture.ts';
import { copyShippedModels } from './support/service-process.ts';

const SPOKEN = { recording: 'yes-stop-left', words: ['yes', 'stop', 'left'] } as const;

beforeAll(buildPage);

describe('in a page of another origin', () => {
  const browser = useSpeakingBrowser(SPOKEN.recording);

  test('one script tag and one element give keywords from the server', async () => {
    const page = await openGuest(await newPage(browser()), await startServiceForTest(), '<kws-listener></kws-listener>');

    await button(page, 'Start listening').click();
    await heard(page, 3);

    const events = await seen(page);
    expect(keywordsOf(events)).toEqual([...SPOKEN.words]);
    expect(events.find(({ type }) => type === 'ready')?.detail).toMatchObject({ type: 'ready', model: { name: 'commands' } });
    expect(events.find(({ type }) => type === 'keyword')?.detail).toMatchObject({ keyword: 'yes', sequence: 0, model: '0.3.1' });
    expect(phasesOf(events)).toEqual(['asking', 'connecting', 'listening']);
    await takePicture(page, 'element');
    await button(page, 'Stop listening').click();
    await button(page, 'Start listening').waitFor();
    expect(phasesOf(await seen(page))).toEqual(['asking', 'connecting', 'listening', 'stopping', 'idle']);
  });

  test('the same on this device sends no sound to anybody', async () => {
    const service = await startServiceForTest();
    const page = await openGuest(await newPage(browser()), service, '<kws-listener engine="device"></kws-listener>');
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    const sent: string[] = [];
    page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));

    await button(page, 'Start listening').click();
    await heard(page, 3);

    expect(keywordsOf(await seen(page))).toEqual([...SPOKEN.words]);
    expect([...sockets, ...sent]).toEqual([]);
  });

  test('the model of its attribute listens, on the server and on this device; one that is not there is an error event', async () => {
    const service = await startServer({ MODEL_SOURCE: `file:${await copyShippedModels()}`, MODEL_NAME: 'commands,wake' });
    onTestFinished(() => service.close());
    for (const engine of ['server', 'device']) {
      const page = await openGuest(await newPage(browser()), service.url, `<kws-listener engine="${engine}" model="wake"></kws-listener>`);
      await button(page, 'Start listening').click();
      await expect.poll(async () => (await seen(page)).some(({ type }) => type === 'ready'), { timeout: 30_000 }).toBe(true);
      expect((await seen(page)).find(({ type }) => type === 'ready')?.detail).toMatchObject({ model: { name: 'wake' } });
      await button(page, 'Stop listening').click();
      await button(page, 'Start listening').waitFor();

      await page.evaluate("document.querySelector('kws-listener').model = 'none'");
      await button(page, 'Start listening').click();
      await button(page, 'Start again').waitFor();
      expect((await seen(page)).find(({ type }) => type === 'error')?.detail).toMatchObject({ code: 'unknown_model' });
    }
  });

  test('only the words of its attribute are heard, and a change counts while it listens', async () => {
    const page = await openGuest(
      await newPage(browser()),
      await startServiceForTest(),
      '<kws-listener keywords="left" threshold="left=0.5"></kws-listener>',
    );

    await button(page, 'Start listening').click();
    await heard(page, 1);
    await page.evaluate("document.querySelector('kws-listener').keywords = 'stop'");
    await heard(page, 2);

    expect(keywordsOf(await seen(page))).toEqual(['left', 'stop']);
  });

  test('it listens without a press, and without being seen, where the page asks for that', async () => {
    const page = await openGuest(await newPage(browser()), await startServiceForTest(), '<kws-listener autostart hidden></kws-listener>');

    await heard(page, 1);

    expect(await page.locator('kws-listener').isVisible()).toBe(false);
  });

  test('an attribute that makes no sense is an error event with a sentence', async () => {
    const page = await openGuest(await newPage(browser()), await startServiceForTest(), '<kws-listener threshold="much"></kws-listener>');

    await button(page, 'Start listening').click();
    await button(page, 'Start again').waitFor();

    const { detail } = (await seen(page)).find(({ type }) => type === 'error') ?? {};
    expect(detail).toEqual({ code: 'bad_attribute', message: 'threshold: “much” is no number.' });
    expect(await page.getByRole('alert').textContent()).toBe('threshold: “much” is no number.');
  });

  test('a page that the service does not let in is told so', async () => {
    const service = await startServer({ KWS_ALLOWED_ORIGINS: 'https://another.example' });
    onTestFinished(() => service.close());
    const page = await openGuest(await newPage(browser()), service.url, '<kws-listener></kws-listener>');

    await button(page, 'Start listening').click();
    await button(page, 'Start again').waitFor();

    expect((await seen(page)).find(({ type }) => type === 'error')?.detail['code']).toMatch(/not_allowed/);
  });

  test('its words can be the guest’s own, and its parts take the guest’s styles', async () => {
    const page = await openGuest(
      await newPage(browser()),
      await startServiceForTest(),
      '<style>kws-listener::part(button) { text-transform: uppercase }</style><kws-listener><span slot="idle">Zuhören</span></kws-listener>',
    );

    const own = button(page, 'Zuhören');
    await own.waitFor();

    expect(await own.evaluate((element) => getComputedStyle(element).textTransform)).toBe('uppercase');
  });

  test('a page with a strict policy has both engines, once it allows what the documentation names', async () => {
    const service = await startServiceForTest();
    const policy = [
      "default-src 'none'",
      `script-src 'unsafe-inline' 'wasm-unsafe-eval' blob: ${service}`,
      `connect-src ${service} ${service.replace('http', 'ws')}`,
      'worker-src blob:',
    ].join('; ');
    const page = await openGuest(await newPage(browser()), service, '<kws-listener></kws-listener>', policy);

    await button(page, 'Start listening').click();
    await heard(page, 1);
    await button(page, 'Stop listening').click();
    await page.evaluate("document.querySelector('kws-listener').engine = 'device'");
    await button(page, 'Start listening').click();

    await heard(page, keywordsOf(await seen(page)).length + 1);
  });

  test('axe finds nothing serious, at rest and while it listens', async () => {
    const page = await openGuest(await newPage(browser()), await startServiceForTest(), '<kws-listener></kws-listener>');
    expect(await seriousFaults(page)).toEqual([]);

    await button(page, 'Start listening').click();
    await heard(page, 1);

    expect(await seriousFaults(page)).toEqual([]);
  });
});

test('a refused microphone is an error event, and the button tries again', async () => {
  const page = await openGuest(
    await newPage(await browserForTest({ kind: 'refused' })),
    await startServiceForTest(),
    '<kws-listener></kws-listener>',
  );

  await button(page, 'Start listening').click();
  await button(page, 'Try again').waitFor();

  expect((await seen(page)).find(({ type }) => type === 'error')?.detail).toMatchObject({ code: 'microphone_refused' });
  await takePicture(page, 'element-refused');
});

async function openGuest(page: Page, service: string, element: string, policy?: string): Promise<Page> {
  watchFaults(page);
  await page.goto(await serveGuestPage({ service, element, ...(policy === undefined ? {} : { policy }) }));
  return page;
}

const seen = (page: Page): Promise<readonly SeenEvent[]> => page.evaluate<readonly SeenEvent[]>('seen');
const keywordsOf = (events: readonly SeenEvent[]) => events.filter(({ type }) => type === 'keyword').map(({ detail }) => detail['keyword']);
const phasesOf = (events: readonly SeenEvent[]) => events.filter(({ type }) => type === 'statechange').map(({ detail }) => detail['phase']);

/** Until so many keywords were reported. */
async function heard(page: Page, count: number): Promise<void> {
  await expect.poll(async () => keywordsOf(await seen(page)).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
}
