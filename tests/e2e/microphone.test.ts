/** The page in real Chromium, whatever becomes of its microphone: held back, in the background, of another rate, chosen, unplugged. */

import { beforeAll, expect, test } from 'vitest';

import { buildPage } from '../helpers/page-build.ts';
import { useSpeakingBrowser } from './support/browser.ts';
import { button, connected, listed, newPage, nextKeyword, openPage } from './support/page.ts';
import { takePicture } from './support/picture.ts';

const SPOKEN = { recording: 'yes-stop-left', words: ['yes', 'stop', 'left'] } as const;

beforeAll(buildPage);
const browser = useSpeakingBrowser(SPOKEN.recording);

test('a microphone that the browser pauses is said, and goes on at a press', async () => {
  const page = await newPage(browser());
  await page.addInitScript(() => {
    const contexts: AudioContext[] = [];
    globalThis.AudioContext = class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options);
        contexts.push(this);
      }
    };
    Object.assign(globalThis, { suspendAudio: () => contexts.at(-1)?.suspend() });
  });
  await openPage(page);
  await button(page, 'Start listening').click();
  await connected(page).waitFor();

  await page.evaluate('suspendAudio()');
  await page.getByText('The browser has paused the microphone.').waitFor();
  await takePicture(page, 'paused');
  await button(page, 'Go on listening').click();

  await listed(page, 'yes').first().waitFor();
  expect(await page.getByText('The browser has paused the microphone.').count()).toBe(0);
});

test('a microphone that waits for a click to begin is said, and goes on at a press', async () => {
  const page = await newPage(browser());
  await page.addInitScript(() => {
    let presses = 0;
    globalThis.AudioContext = class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options);
        void super.suspend();
      }

      override resume(): Promise<void> {
        return presses++ === 0 ? new Promise(() => undefined) : super.resume();
      }
    };
  });
  await openPage(page);

  await button(page, 'Start listening').click();
  await button(page, 'Go on listening').click();

  await listed(page, 'yes').first().waitFor();
  expect(await page.getByText('The browser has paused the microphone.').count()).toBe(0);
});

test('a page in the background listens on, and sound that was held back there goes on by itself when the page is seen again', async () => {
  const page = await newPage(browser());
  await page.addInitScript(() => {
    let context: AudioContext | undefined;
    globalThis.AudioContext = class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options);
        context = this; // eslint-disable-line @typescript-eslint/no-this-alias -- the test's only way to it
      }
    };
    let isSeen = true;
    Object.defineProperty(document, 'visibilityState', { get: () => (isSeen ? 'visible' : 'hidden') });
    const show = (seen: boolean): void => {
      isSeen = seen;
      document.dispatchEvent(new Event('visibilitychange'));
    };
    Object.assign(globalThis, { show, holdBack: () => context?.suspend() });
  });
  await openPage(page);
  await button(page, 'Start listening').click();
  await connected(page).waitFor();

  await page.evaluate('show(false)');
  await listed(page, 'yes').first().waitFor();
  await page.evaluate('holdBack()');
  await page.getByText('The browser has paused the microphone.').waitFor();
  await page.evaluate('show(true)');

  await nextKeyword(page);
  expect(await page.getByText('The browser has paused the microphone.').count()).toBe(0);
});

test('a sound card of 44.1 kHz is heard as well', async () => {
  const page = await newPage(browser());
  await page.addInitScript(() => {
    globalThis.AudioContext = class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super({ ...options, sampleRate: 44_100 });
      }
    };
  });
  await openPage(page);

  await button(page, 'Start listening').click();

  for (const word of SPOKEN.words) await listed(page, word).first().waitFor();
});

test('microphones have names once one is allowed; the chosen one is asked for, and one that is gone gives way to the browser’s choice', async () => {
  const page = await newPage(browser());
  await page.addInitScript(() => {
    const { mediaDevices } = navigator;
    const asked: unknown[] = [];
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    const all = mediaDevices.enumerateDevices.bind(mediaDevices);
    const unnamed = ({ kind }: MediaDeviceInfo) => ({ kind, label: '', deviceId: '', groupId: '' }) as MediaDeviceInfo;
    // Without its dialogue, this browser tells names before anything is allowed; others do not.
    mediaDevices.enumerateDevices = async () => (await all()).map(unnamed);
    mediaDevices.getUserMedia = (constraints) => {
      mediaDevices.enumerateDevices = all;
      asked.push((constraints?.audio as MediaTrackConstraints).deviceId ?? 'any');
      return ask(constraints);
    };
    const unplug = (): void => {
      mediaDevices.enumerateDevices = async () => (await all()).slice(0, 1);
      mediaDevices.dispatchEvent(new Event('devicechange'));
    };
    Object.assign(globalThis, { asked, unplug });
  });
  await openPage(page);
  const choice = page.getByRole('combobox', { name: 'Device' });
  await page.getByText('Microphone, detection and server').click();
  const before = await choice.locator('option').allTextContents();

  await button(page, 'Start listening').click();
  await expect.poll(() => choice.locator('option').count(), { timeout: 30_000 }).toBeGreaterThan(2);
  const last = choice.locator('option').last();
  const chosen = await last.getAttribute('value');
  await choice.selectOption(chosen);
  await listed(page, 'yes').first().waitFor();
  await page.evaluate('unplug()');
  await expect.poll(() => choice.inputValue(), { timeout: 30_000 }).toBe('');
  await nextKeyword(page);

  expect(before).toEqual(["The browser's choice"]);
  expect(await last.textContent()).not.toBe('');
  expect(await page.evaluate('asked')).toEqual(['any', { exact: chosen }, 'any']);
});

test('a microphone that is unplugged is said', async () => {
  const page = await newPage(browser());
  await page.addInitScript(() => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await ask(constraints);
      Object.assign(globalThis, { unplug: () => stream.getTracks().forEach((track) => track.dispatchEvent(new Event('ended'))) });
      return stream;
    };
  });
  await openPage(page);
  await button(page, 'Start listening').click();
  await connected(page).waitFor();

  await page.evaluate('unplug()');

  await page.getByText('The microphone was unplugged or switched off.').waitFor();
  await takePicture(page, 'unplugged');
});
