/** The page in real Chromium, against the real service: microphone, upload, and everything that can be missing. */

import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { readRecording } from '../helpers/recordings.ts';
import { startServer } from '../helpers/test-server.ts';
import { browserForTest, useBrowser, useSpeakingBrowser } from './support/browser.ts';
import { seriousFaults } from './support/faults.ts';
import { buildPage } from '../helpers/page-build.ts';
import { button, connected, connection, listed, newPage, nextKeyword, nextWord, openPage, upload } from './support/page.ts';
import { DESKTOP, PHONE, takePicture, takePictures } from './support/picture.ts';
import { copyDefaultModel, copyShippedModels, publishNextVersion, startServiceProcess } from './support/service-process.ts';

/** Three words after each other, and one alone. */
const SPOKEN = { recording: 'yes-stop-left', words: ['yes', 'stop', 'left'] } as const;
const UPLOADED = 'stop';

beforeAll(buildPage);

describe('with a microphone', () => {
  const browser = useSpeakingBrowser(SPOKEN.recording);

  test('the keywords that are spoken are shown, big and in the list, with their scores and times', async () => {
    const page = await openPage(browser());
    await takePicture(page, 'idle');

    await button(page, 'Start listening').click();
    for (const word of SPOKEN.words) await listed(page, word).first().waitFor();

    expect(SPOKEN.words).toContain(await page.locator('kws-heard-word .word').textContent());
    expect(await page.getByRole('status').filter({ hasText: 'Heard' }).textContent()).toMatch(/Heard \w+, \d+ %, at \d\d:\d\d\.\d{3}/);
    expect(await listed(page, 'yes').first().textContent()).toMatch(/\d\d:\d\d\.\d{3}\s*yes\s*\d+\.\d+\.\d+\s*\d+ %/);
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

    await page.keyboard.press('Tab'); // to the choice of engine
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

    expect((await words.allTextContents()).map((word) => word.trim())).toEqual(expect.arrayContaining(['yes', 'no', 'stop', 'go']));
  });

  test('a server that is killed while the page listens is said, and listening goes on once it is back', async () => {
    const service = await startServiceProcess();
    const page = await openPage(browser(), service.url);
    await button(page, 'Start listening').click();
    await listed(page, 'yes').first().waitFor();

    await service.kill();
    await page.getByText(/Trying again in \d+ seconds? \(attempt \d+\)/).waitFor();
    expect(await connection(page)).toBe('reconnecting');
    await takePicture(page, 'reconnecting');

    await startServiceProcess({ PORT: new URL(service.url).port });
    await connected(page).waitFor();
    await nextWord(page, 'yes');
  });

  test('a server that says goaway and changes its model is followed, and both are said', async () => {
    const page = await newPage(browser());
    let sessions = 0;
    await page.routeWebSocket(/\/v1\/stream$/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        socket.send(message);
        const { type, ...stream } = JSON.parse(String(message)) as { type: string; model?: object };
        if (type !== 'ready' || ++sessions > 1) return;
        socket.send(
          JSON.stringify({ ...stream, type: 'model', fromSample: 0, model: { ...stream.model, version: '9.9.9', digest: 'next' } }),
        );
        socket.send(JSON.stringify({ type: 'goaway', reconnectAfterMs: 4000 }));
      });
    });
    await openPage(page);

    await button(page, 'Start listening').click();
    await page.getByText('The server is about to restart; listening goes on.').waitFor();
    await takePicture(page, 'goaway');

    await expect.poll(() => sessions, { timeout: 30_000 }).toBe(2); // the page waits as long as it was told, and a little more
    await listed(page, 'yes').first().waitFor();
    expect(await connection(page)).toBe('connected');
  });

  test('a model that is put into the folder of a running server takes over mid-stream: it is said, and no word is missed', async () => {
    const directory = await copyDefaultModel();
    const service = await startServiceProcess({ MODEL_SOURCE: `file:${directory}` });
    const page = await openPage(browser(), service.url);
    await button(page, 'Start listening').click();
    await listed(page, 'yes').first().waitFor();

    await publishNextVersion(directory, '0.2.1');
    await page.getByText('Now listening with model 0.2.1.').waitFor();
    await takePicture(page, 'model-swap');

    await listed(page, 'left').filter({ hasText: '0.2.1' }).first().waitFor();
    expect(await page.locator('kws-model-status header').textContent()).toMatch(/commands\s+0\.2\.1/);
    expect(await button(page, 'Stop listening').count()).toBe(1);
  });

  test('a process of the server that still has the old model does not make the page forget which one hears', async () => {
    const directory = await copyDefaultModel();
    const service = await startServiceProcess({ MODEL_SOURCE: `file:${directory}` });
    const page = await openPage(browser(), service.url);
    await button(page, 'Start listening').click();
    await listed(page, 'yes').first().waitFor();
    const old = await (await fetch(new URL('/v1/model', service.url))).text();
    let late = 2;
    await page.route('**/v1/model*', (route) =>
      late-- > 0 ? route.fulfill({ body: old, contentType: 'application/json' }) : route.continue(),
    );

    await publishNextVersion(directory, '0.2.1');
    await page.getByText('Now listening with model 0.2.1.').waitFor();

    await expect.poll(() => late, { timeout: 30_000 }).toBeLessThan(0); // asked until the answer is of the model that hears
    expect(await page.locator('kws-model-status header').textContent()).toMatch(/commands\s+0\.2\.1/);
  });

  test('one of several models is chosen, while the page listens too; this device has the same choice', async () => {
    const service = await startServer({ MODEL_SOURCE: `file:${await copyShippedModels()}`, MODEL_NAME: 'commands,wake' });
    onTestFinished(() => service.close());
    const page = await openPage(browser(), service.url);
    const choice = page.getByRole('combobox', { name: 'Model' });

    await choice.selectOption('wake');
    await button(page, 'jarvis').waitFor();
    await button(page, 'Start listening').click();
    await connected(page).waitFor();
    await choice.selectOption('commands');
    await listed(page, 'yes').first().waitFor();
    await page.getByText('This device', { exact: true }).click();
    await choice.selectOption('wake');
    await button(page, 'jarvis').waitFor();
    await button(page, 'Stop listening').waitFor();

    expect(await choice.locator('option').allTextContents()).toEqual(['commands', 'wake']);
    expect(await page.locator('kws-model-status header').textContent()).toMatch(/0\.2\.0/);
    await takePicture(page, 'model-choice');
  });

  test('a keyword that is switched off is not heard any more, and a threshold counts at once', async () => {
    const page = await openPage(browser());
    await button(page, 'Start listening').click();
    await listed(page, 'yes').first().waitFor();

    await button(page, 'yes').click();
    await page.getByText('How sure it must be').click();
    await page.getByRole('slider', { name: 'Threshold of stop' }).fill('1');
    const before = { yes: await listed(page, 'yes').count(), stop: await listed(page, 'stop').count() };
    for (let i = 0; i < 2; i++) await nextWord(page, 'left');

    expect(await button(page, 'yes').getAttribute('aria-pressed')).toBe('false');
    expect(await listed(page, 'yes').count()).toBeLessThanOrEqual(before.yes + 1);
    expect(await listed(page, 'stop').count()).toBeLessThanOrEqual(before.stop + 1);
    await takePicture(page, 'controls');
  });

  test('this device hears the same words, and sends nothing', async () => {
    const page = await openPage(browser());
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));

    await page.getByText('This device', { exact: true }).click();
    await button(page, 'Start listening').click();
    for (const word of SPOKEN.words) await listed(page, word).first().waitFor();

    expect(sockets).toEqual([]);
    expect(await connection(page)).toBe('on this device');
    await takePicture(page, 'on-device');
  });

  test('with the network cut, a page that was here before listens on this device', async () => {
    const service = await startServer({});
    const page = await browser().newPage();
    await openPage(page, service.url);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await service.close();
    await page.context().setOffline(true);

    await page.reload();
    await page.getByText('This device', { exact: true }).click();
    await button(page, 'Start listening').click();

    await listed(page, 'yes').first().waitFor();
    await takePicture(page, 'offline');
  });

  test('axe finds nothing serious, on desktop and phone, in light and dark, before and while listening, with everything unfolded; nothing is cut off', async () => {
    const page = await openPage(browser());
    await page.getByText('How sure it must be').click();
    await page.getByText('Microphone, detection and server').click();

    const faults = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const viewport of [PHONE, DESKTOP]) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          found.push(...(await seriousFaults(page)).map((fault) => `${viewport.width} ${colorScheme}: ${fault}`));
        }
        if (await page.evaluate('document.documentElement.scrollWidth > innerWidth'))
          found.push(`${viewport.width}: wider than the screen`);
      }
      return found;
    };
    expect(await faults()).toEqual([]);
    await button(page, 'Start listening').click();
    await listed(page, 'yes').first().waitFor();

    expect(await faults()).toEqual([]);
    await takePicture(page, 'unfolded-dark');
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
    const page = await newPage(browser());
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

    test('is heard by this device as by the server', async () => {
      const page = await openPage(browser());

      await page.getByText('This device', { exact: true }).click();
      await upload(page, await readRecording(SPOKEN.recording));
      const events = page.getByRole('list', { name: 'Keywords in the recording' }).getByRole('listitem');
      await events.first().waitFor();

      expect((await events.locator('.keyword').allTextContents()).map((word) => word.trim())).toEqual(SPOKEN.words);
    });

    test('is played with a cursor that moves over its waveform', async () => {
      const page = await openPage(browser());
      await upload(page, await readRecording(SPOKEN.recording));
      const timeline = page.locator('kws-recording-timeline');
      await timeline.locator('.event').nth(2).waitFor();

      await timeline.locator('audio').evaluate((audio: HTMLAudioElement) => {
        audio.muted = true;
        return audio.play();
      });

      await page.waitForFunction(() => {
        const result = document.querySelector('kws-app')?.shadowRoot?.querySelector('kws-detect-result')?.shadowRoot;
        const cursor = result?.querySelector('kws-recording-timeline')?.shadowRoot?.querySelector<HTMLElement>('.cursor');
        return parseFloat(cursor?.style.left ?? '0') > 5;
      });
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

    test('that is no WAV is decoded by the browser: what a browser itself has recorded, as WebM, by both engines', async () => {
      const page = await openPage(browser());
      const wav = (await readRecording(SPOKEN.recording)).toString('base64');
      const recorded = await page.evaluateHandle(async (base64) => {
        const context = new AudioContext();
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const source = new AudioBufferSourceNode(context, { buffer: await context.decodeAudioData(bytes.buffer) });
        const { stream } = source.connect(new MediaStreamAudioDestinationNode(context)) as MediaStreamAudioDestinationNode;
        const recorder = new MediaRecorder(stream, { mimeType: 'audio/webm;codecs=opus', audioBitsPerSecond: 64_000 });
        const done = new Promise<Blob>((resolve) => (recorder.ondataavailable = ({ data }) => resolve(data)));
        source.onended = () => recorder.stop();
        recorder.start();
        source.start();
        const transfer = new DataTransfer();
        transfer.items.add(new File([await done], 'spoken.webm', { type: 'audio/webm' }));
        return transfer;
      }, wav);

      const heard: string[][] = [];
      for (const engine of ['Server', 'This device']) {
        await page.locator('kws-engine-switch').getByText(engine, { exact: true }).click();
        await page.locator('kws-drop-zone label').dispatchEvent('drop', { dataTransfer: recorded });
        await page.getByText('Listening to spoken.webm…').waitFor({ state: 'hidden' });
        const events = page.getByRole('list', { name: 'Keywords in the recording' }).getByRole('listitem');
        await events.first().waitFor();
        heard.push((await events.locator('.keyword').allTextContents()).map((word) => word.trim()));
      }

      expect(heard).toEqual([SPOKEN.words, SPOKEN.words]);
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
