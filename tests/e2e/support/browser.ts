/** Real Chromium, with a recording as its microphone, without any, or with the permission refused. */

import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

import { programOf } from '../../helpers/parts.ts';
import type { RecordingName } from '../../helpers/recordings.ts';
import { writeMicrophoneFile } from './microphone-file.ts';

/** Run as root, without a screen, and without calls to its makers. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const ALLOW_MICROPHONE = '--use-fake-ui-for-media-stream';
const FAKE_DEVICE = '--use-fake-device-for-media-stream';

/** What there is to hear with. */
type MicrophoneKind = { readonly kind: 'recording'; readonly path: string } | { readonly kind: 'missing' } | { readonly kind: 'refused' };

function launchBrowser(microphone: MicrophoneKind): Promise<Browser> {
  return chromium.launch({ executablePath: programOf('chromium'), args: [...QUIET, ...flagsOf(microphone)] });
}

function flagsOf(microphone: MicrophoneKind): readonly string[] {
  switch (microphone.kind) {
    case 'recording':
      return [ALLOW_MICROPHONE, FAKE_DEVICE, `--use-file-for-fake-audio-capture=${microphone.path}`];
    case 'missing':
      return [ALLOW_MICROPHONE];
    case 'refused':
      return [FAKE_DEVICE, '--deny-permission-prompts'];
  }
}

/** One browser for all tests of a `describe`. */
export function useBrowser(prepare: () => Promise<{ microphone: MicrophoneKind; cleanUp?: () => Promise<void> }>): () => Browser {
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

/** One browser for one test. */
export async function browserForTest(microphone: MicrophoneKind): Promise<Browser> {
  const browser = await launchBrowser(microphone);
  onTestFinished(() => browser.close());
  return browser;
}

/** The same, with a recording as its microphone, over and over. */
export function useSpeakingBrowser(recording: RecordingName): () => Browser {
  return useBrowser(async () => {
    const file = await writeMicrophoneFile(recording);
    return { microphone: { kind: 'recording', path: file.path }, cleanUp: () => file.remove() };
  });
}
