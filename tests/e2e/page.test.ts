/** The page in real Chromium, against the real service: microphone, upload, and everything that can be missing. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { readRecording } from '../helpers/recordings.ts';
import { startServer } from '../helpers/test-server.ts';
import { launchBrowser, type MicrophoneKind } from './support/browser.ts';
import { writeMicrophoneFile } from './support/microphone-file.ts';
import { buildPage } from './support/page-build.ts';
import { takePicture, takePictures } from './support/picture.ts';

/** Three words after each other, and one alone. */
const SPOKEN = { recording: 'yes-stop-left', words: ['yes', 'stop', 'left'] } as const;
const UPLOADED = 'stop';

beforeAll(buildPage);

describe('with a microphone', () => {
  const browser = useBrowser(async () => {
    const file = await writeMicrophoneFile(SPOKEN.recording);
    return { microphone: { kind: 'recording', path: file.path }, cleanUp: () => file.remove() };
  });

  test('the keywords that are spoken are shown, big and in the list, with their scores and times', async () => {
    const page = await openPage(browser());
    await takePicture(page, 'idle');

    await button(page, 'Start listening').click();
    for (const word of SPOKEN.words) await listed(page, word).first().waitFor();

    expect(SPOKEN.words).toContain(await page.locator('kws-heard-word .word').textContent());
    expect(await page.getByRole('status').filter({ hasText: 'Heard' }).textContent()).toMatch(/Heard \w+, \d+ %, at \d\d:\d\d\.\d{3}/);
    expect(await listed(page, 'yes').first().textContent()).toMatch(/\d\d:\d\d\.\d{3}\s*yes\s*\d+ %/);
    expect(await connection(page)).toBe('connected');
    await takePictures(page, 'heard', () => nextKeyword(page));
  });

  test('the level meter moves while there is sound', async () => {
    const page = await openPage(browser());

    await button(page, 'Start listening').click();

    await page.waitForFunction(() => {
      const app = document.querySelector('kws-app')?.shadowRoot;
      const meter = app?.querySelector('kws-level-meter')?.shadowRoot?.querySelector('[role=meter]');
      return Number(meter?.getAttribute('aria-valuenow')) > 30;
    });
  });

  test('listening is started and stopped with the keyboard alone, and the microphone is let go', async () => {
    const page = await openPage(browser());

    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await button(page, 'Stop listening').waitFor();
    await page.keyboard.press('Space');
    await button(page, 'Start listening').waitFor();

    expect(await connection(page)).toBe('not connected');
  });

  test('the model and the words it knows are shown before anything is pressed', async () => {
    const page = await openPage(browser());

    const words = page.getByRole('list', { name: 'Words it knows' }).getByRole('listitem');
    await words.first().waitFor();

    expect(await words.allTextContents()).toEqual(expect.arrayContaining(['yes', 'no', 'stop', 'go']));
  });

  test('a server that goes away while listening is said, and listening goes on once it is back', async () => {
    const service = await startServer({});
    const page = await openPage(browser(), service.url);
    await button(page, 'Start listening').click();
    await button(page, 'Stop listening').waitFor();

    await service.close();
    await button(page, 'Start again').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/server is shutting down/);
    expect(await connection(page)).toBe('lost');
    await takePicture(page, 'lost');

    await startServiceForTest(Number(new URL(service.url).port));
    await button(page, 'Start again').click();
    await button(page, 'Stop listening').waitFor();
  });

  test('a server that is away is said when listening is to begin, and when a file is to be sent', async () => {
    const service = await startServer({});
    const page = await openPage(browser(), service.url);
    await service.close();

    await button(page, 'Start listening').click();
    await button(page, 'Start again').waitFor();
    await upload(page, await readRecording(UPLOADED));
    await page.getByText('recording.wav: The server cannot be reached.').waitFor();

    expect(await page.getByRole('alert').textContent()).toMatch(/cannot be reached/);
  });

  test('a server without an answer about its model leaves the page in use', async () => {
    const page = await browser().newPage();
    await page.route('**/v1/model', (route) => route.fulfill({ status: 503, body: 'no model' }));
    await openPage(page);

    await page.getByText('The server answered with status 503.').waitFor();
    await button(page, 'Start listening').click();

    await page.getByRole('list', { name: 'Words it knows' }).waitFor();
  });
});

describe('without sound', () => {
  test('a refused permission is said, with what to do about it', async () => {
    const page = await openPage(await browserForTest({ kind: 'refused' }));

    await button(page, 'Start listening').click();
    await button(page, 'Try again').waitFor();

    expect(await page.getByRole('alert').textContent()).toMatch(/Allow it/);
    expect(await connection(page)).toBe('not connected');
    await takePicture(page, 'refused');
  });

  test('a missing microphone is said', async () => {
    const page = await openPage(await browserForTest({ kind: 'missing' }));

    await button(page, 'Start listening').click();
    await button(page, 'Try again').waitFor();

    expect(await page.getByRole('alert').textContent()).toMatch(/No microphone was found/);
    await takePicture(page, 'no-microphone');
  });

  describe('a file', () => {
    const browser = useBrowser(() => Promise.resolve({ microphone: { kind: 'missing' } }));

    test('that is chosen shows its keyword, how probable it is, and five labels', async () => {
      const page = await openPage(browser());

      await upload(page, await readRecording(UPLOADED));
      await page.getByText(/^\d+ % probable$/).waitFor();

      expect(await page.locator('kws-detect-result .keyword').first().textContent()).toBe(UPLOADED);
      const bars = page.getByRole('list', { name: 'Most probable labels' }).getByRole('listitem');
      expect(await bars.count()).toBe(5);
      expect(await bars.first().textContent()).toMatch(new RegExp(`${UPLOADED}\\s*\\d+ %`));
    });

    test('with several words shows them on its timeline, in their order', async () => {
      const page = await openPage(browser());

      await upload(page, await readRecording(SPOKEN.recording));
      const events = page.getByRole('list', { name: 'Keywords in the recording' }).getByRole('listitem');
      await events.first().waitFor();

      expect((await events.locator('.keyword').allTextContents()).map((word) => word.trim())).toEqual(SPOKEN.words);
      await takePicture(page, 'upload');
    });

    test('that is dropped is taken too', async () => {
      const page = await openPage(browser());
      const bytes = [...(await readRecording(UPLOADED))];

      const dropped = await page.evaluateHandle((content) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(content)], 'dropped.wav', { type: 'audio/wav' }));
        return transfer;
      }, bytes);
      await page.locator('kws-drop-zone label').dispatchEvent('drop', { dataTransfer: dropped });

      await page.getByText(/dropped\.wav, /).waitFor();
    });

    test("that is no WAV shows the server's sentence", async () => {
      const page = await openPage(browser());

      await upload(page, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49, 0x46]));

      await page
        .locator('kws-detect-result .problem')
        .filter({ hasText: /^recording\.wav: .+/ })
        .waitFor();
    });
  });
});

/** One browser for all tests of a `describe`. */
function useBrowser(prepare: () => Promise<{ microphone: MicrophoneKind; cleanUp?: () => Promise<void> }>): () => Browser {
  let browser: Browser | undefined;
  let cleanUp: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const prepared = await prepare();
    cleanUp = prepared.cleanUp;
    browser = await launchBrowser(prepared.microphone);
  });
  afterAll(async () => {
    await browser?.close();
    await cleanUp?.();
  });
  return () => {
    if (!browser) throw new TypeError('the browser is there from beforeAll on');
    return browser;
  };
}

async function browserForTest(microphone: MicrophoneKind): Promise<Browser> {
  const browser = await launchBrowser(microphone);
  onTestFinished(() => browser.close());
  return browser;
}

async function startServiceForTest(port = 0): Promise<string> {
  const service = await startServer({ PORT: String(port) });
  onTestFinished(() => service.close());
  return service.url;
}

/** Opens the page of a service of the test's own, or of the one given; a fault that the page does not handle fails the test. */
async function openPage(from: Browser | Page, url?: string): Promise<Page> {
  const page = 'newPage' in from ? await from.newPage() : from;
  const faults: unknown[] = [];
  page.on('pageerror', (fault) => faults.push(fault));
  onTestFinished(async () => {
    await page.close();
    expect(faults).toEqual([]);
  });
  await page.goto(url ?? (await startServiceForTest()));
  await button(page, 'Start listening').waitFor();
  return page;
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const listed = (page: Page, word: string) =>
  page.getByRole('list', { name: 'Keywords heard' }).getByRole('listitem').filter({ hasText: word });
const connection = (page: Page) => page.getByRole('status', { name: 'Connection' }).textContent();

/** Until one more keyword is heard, and still stands out. */
async function nextKeyword(page: Page): Promise<void> {
  const count = page.getByText(/^\d+ so far$/);
  await page.getByText(`${parseInt((await count.textContent()) ?? '') + 1} so far`, { exact: true }).waitFor();
}

function upload(page: Page, buffer: Buffer): Promise<void> {
  return page.locator('input[type=file]').setInputFiles({ name: 'recording.wav', mimeType: 'audio/wav', buffer });
}
