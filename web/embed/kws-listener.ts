/** `<kws-listener>`: keyword spotting for any page, with one script tag. */

import { html, LitElement, svg, type PropertyValues } from 'lit';

import { CodedError } from '#shared/coded-error.ts';
import { assertNever } from '#shared/assert-never.ts';
import type { ServerMessage } from '#shared/protocol/messages.ts';
import { openMicrophone, type SoundSettings } from '../audio/microphone.ts';
import { serverAddress } from '../stream/address.ts';
import { Listener } from '../stream/listener.ts';
import { canStart, INITIAL_STATE, type Listening } from '../stream/reducer.ts';
import type { KeywordSession, Knobs, StartOptions } from '#shared/client/session.ts';
import { readKnobs } from './attributes.ts';
import { openOnServer, openOnThisDevice } from './engines.ts';
import { listenerStyles } from './listener-styles.ts';
import { OWN_ADDRESS } from './own-address.ts';

const TEXTS: Readonly<Record<Listening['phase'], string>> = {
  idle: 'Start listening',
  asking: 'Waiting for permission',
  blocked: 'Try again',
  connecting: 'Connecting',
  listening: 'Stop listening',
  reconnecting: 'Reconnecting, press to stop',
  stopping: 'Stopping',
  lost: 'Start again',
};
const MICROPHONE = svg`<rect x="9" y="2.5" width="6" height="11.5" rx="3" /><path d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5v4M8.5 21.5h7" />`;
/** Attributes that a running session learns of at once. */
const KNOBS = ['keywords', 'threshold', 'patience', 'refractoryMs'] as const;

/**
 * A button that listens. All its attributes are properties too.
 *
 * @attr server - address of the service; that of the script where absent
 * @attr engine - `server`, or `device`: the sound then stays in the page
 * @attr model - one of those that the service serves, or the device has; the first where absent
 * @attr keywords - the words to hear, by commas; all of the model's where absent
 * @attr threshold - from 0 to 1, or `yes=0.8, no=0.6`; the model's own where absent
 * @attr patience - windows in a row
 * @attr refractory-ms - quiet after a word
 * @attr token - for services that want one
 * @attr device-id - which microphone; the browser's choice where absent
 * @attr echo-cancellation - has the browser take away what its own loudspeaker says
 * @attr noise-suppression - has the browser take away noise
 * @attr autostart - listens without a press, once the browser lets it
 * @fires ready - a session begins; `detail` is the protocol's message
 * @fires keyword - a word was heard; `detail` is the protocol's message; bubbles, and crosses shadow roots
 * @fires model - another model took over; `detail` is the protocol's message
 * @fires warning - `detail` is `{ code, message }`
 * @fires error - listening ended, or never began, against its will; `detail` is `{ code, message }`
 * @fires statechange - `detail` is `{ phase }`, and a `message` where something is wrong
 * @slot idle, asking, blocked, connecting, listening, reconnecting, stopping, lost - the button's text in that phase
 * @csspart button - the button
 * @csspart icon - the microphone in it
 * @csspart heard - the last word heard
 * @csspart message - what is wrong, where something is
 * @cssprop --kws-colour, --kws-on-colour - of the button, and what stands on it
 */
export class KwsListener extends LitElement {
  static override properties = {
    server: {},
    engine: {},
    model: {},
    keywords: {},
    threshold: {},
    patience: {},
    refractoryMs: { attribute: 'refractory-ms' },
    token: {},
    deviceId: { attribute: 'device-id' },
    echoCancellation: { type: Boolean, attribute: 'echo-cancellation' },
    noiseSuppression: { type: Boolean, attribute: 'noise-suppression' },
    autostart: { type: Boolean },
  };
  static override styles = listenerStyles;
  declare server: string | undefined;
  declare engine: string | undefined;
  declare model: string | undefined;
  declare keywords: string | undefined;
  declare threshold: string | undefined;
  declare patience: string | undefined;
  declare refractoryMs: string | undefined;
  declare token: string | undefined;
  declare deviceId: string | undefined;
  declare echoCancellation: boolean;
  declare noiseSuppression: boolean;
  declare autostart: boolean;
  #shown: Listening = INITIAL_STATE.listening;
  readonly #listener = new Listener({
    openMicrophone: (options) => openMicrophone(options, this.#sound),
    openSession: (format) => this.#openSession(format),
    onChange: () => this.#changed(),
    onLevel: (level) => this.renderRoot.querySelector<HTMLElement>('.halo')?.style.setProperty('--level', String(level)),
    onlooker: { onMessage: (message) => this.#report(message) },
  });

  constructor() {
    super();
    this.echoCancellation = false;
    this.noiseSuppression = false;
    this.autostart = false;
  }

  /** What it is doing. */
  get phase(): Listening['phase'] {
    return this.#listener.state.listening.phase;
  }

  /** Asks for the microphone and listens; resolves when that is over. Does nothing while it listens. */
  start(): Promise<void> {
    return this.#listener.start();
  }

  /** Has the engine finish what it has heard, and lets the microphone go. */
  stop(): Promise<void> {
    return this.#listener.stop();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#listener.close();
  }

  protected override firstUpdated(): void {
    if (this.autostart) void this.start();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (KNOBS.some((knob) => changed.has(knob))) this.#configure();
  }

  override render() {
    const { listening, heard, isPaused } = this.#listener.state;
    const isWaiting = listening.phase === 'asking' || listening.phase === 'connecting' || listening.phase === 'stopping';
    const message = isPaused ? 'The browser has paused the microphone. Press the button to go on.' : messageOf(listening);
    return html`
      <button part="button" type="button" class=${listening.phase} aria-disabled=${isWaiting} @click=${this.#press}>
        <span class="halo"></span>
        <svg part="icon" viewBox="0 0 24 24" aria-hidden="true">${MICROPHONE}</svg>
        <slot name=${listening.phase}>${TEXTS[listening.phase]}</slot>
      </button>
      <span part="heard" role="status">${heard[0]?.keyword}</span>
      ${message === undefined ? '' : html`<p part="message" role="alert">${message}</p>`}
    `;
  }

  #press(): void {
    if (this.#listener.state.isPaused) void this.#listener.resume();
    else if (canStart(this.#listener.state.listening)) void this.start();
    else void this.stop();
  }

  #changed(): void {
    const { listening } = this.#listener.state;
    this.requestUpdate();
    if (listening === this.#shown) return;
    this.#shown = listening;
    const message = messageOf(listening);
    this.#say('statechange', { phase: listening.phase, ...(message === undefined ? {} : { message }) });
    if (listening.phase === 'blocked' || listening.phase === 'lost')
      this.#say('error', { code: listening.code, message: listening.message });
  }

  #report(message: ServerMessage): void {
    switch (message.type) {
      case 'keyword':
        this.dispatchEvent(new CustomEvent('keyword', { detail: message, bubbles: true, composed: true }));
        return;
      case 'ready':
      case 'model':
      case 'warning':
        return this.#say(message.type, message);
      case 'posteriors':
      case 'kept':
      case 'end':
      case 'error':
      case 'goaway':
        return; // seen in the phase, or nobody's concern
      default:
        return assertNever(message);
    }
  }

  #say(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  async #openSession(format: StartOptions): Promise<KeywordSession> {
    const start = { ...format, ...(this.model ? { model: this.model } : {}), ...this.#knobs };
    if (this.engine === 'device') return openOnThisDevice(start);
    const token = this.token === undefined ? {} : { token: this.token };
    return openOnServer(serverAddress(this.server ?? '', OWN_ADDRESS), { ...start, ...token });
  }

  /** A running session goes on as it was if what is written makes no sense. */
  #configure(): void {
    try {
      this.#listener.configure(this.#knobs);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#say('error', { code: error.code, message: error.message });
    }
  }

  /** @throws {StreamError} `bad_attribute` */
  get #knobs(): Knobs {
    return readKnobs(this);
  }

  get #sound(): SoundSettings {
    const { deviceId, echoCancellation, noiseSuppression } = this;
    return { deviceId, echoCancellation, noiseSuppression, autoGainControl: true };
  }
}

/** A script that is there twice defines the element once. */
if (!customElements.get('kws-listener')) customElements.define('kws-listener', KwsListener);

function messageOf(listening: Listening): string | undefined {
  return 'message' in listening ? listening.message : undefined;
}
