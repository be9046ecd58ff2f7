/** Real Chromium, with a recording as its microphone, without any, or with the permission refused. */

import { chromium, type Browser } from 'playwright-core';

import { programOf } from '../../helpers/parts.ts';

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
export type MicrophoneKind =
  { readonly kind: 'recording'; readonly path: string } | { readonly kind: 'missing' } | { readonly kind: 'refused' };

export function launchBrowser(microphone: MicrophoneKind): Promise<Browser> {
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
