/** Everything else that a visitor may choose: microphone, what the browser does to its sound, detection, and the server. */

import { css, html, LitElement } from 'lit';

import { SettingsChange } from './settings-change.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { baseStyles } from './styles.ts';

type Switch = 'echoCancellation' | 'noiseSuppression' | 'autoGainControl';

const SWITCHES: readonly (readonly [Switch, string])[] = [
  ['echoCancellation', 'Cancel echo'],
  ['noiseSuppression', 'Suppress noise'],
  ['autoGainControl', 'Even out loudness'],
];

/** Fires `kws-settings`. Devices have names only once the microphone has been allowed. */
export class KwsSettingsPanel extends LitElement {
  static override properties = { settings: { attribute: false }, devices: { attribute: false } };
  static override styles = [
    baseStyles,
    css`
      summary {
        width: fit-content;
        font-weight: 650;
        cursor: pointer;
      }
      .groups {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
        gap: 1.25rem 2.5rem;
        margin-top: 1rem;
      }
      fieldset {
        display: grid;
        gap: 0.6rem;
        align-content: start;
        min-width: 0;
        margin: 0;
        padding: 0;
        border: none;
      }
      legend {
        margin-bottom: 0.5rem;
        padding: 0;
        color: var(--muted);
        font-size: 0.875rem;
        font-weight: 600;
      }
      label {
        display: grid;
        gap: 0.2rem;
        font-size: 0.9375rem;
      }
      label.switch {
        grid-template-columns: auto 1fr;
        gap: 0.6rem;
        align-items: center;
      }
      input:not([type='checkbox']),
      select {
        width: 100%;
        padding: 0.4rem 0.6rem;
        border: 1px solid var(--muted);
        border-radius: 8px;
        background: var(--card);
        color: inherit;
        font: inherit;
      }
      input[type='checkbox'] {
        width: 1.1rem;
        height: 1.1rem;
        accent-color: var(--accent);
      }
    `,
  ];
  declare settings: Settings;
  declare devices: readonly MediaDeviceInfo[];

  constructor() {
    super();
    this.settings = DEFAULT_SETTINGS;
    this.devices = [];
  }

  override render() {
    return html`<details>
      <summary>Microphone, detection and server</summary>
      <div class="groups">${this.#renderMicrophone()} ${this.#renderDetection()} ${this.#renderServer()}</div>
    </details>`;
  }

  #renderMicrophone() {
    const { deviceId } = this.settings;
    return html`<fieldset>
      <legend>Microphone</legend>
      <label>
        Device
        <select @change=${this.#onText((value) => ({ deviceId: value }))}>
          <option value="" .selected=${deviceId === ''}>The browser's choice</option>
          ${this.devices.map((device) => html`<option value=${device.deviceId} .selected=${device.deviceId === deviceId}>${device.label}</option>`)}
        </select>
      </label>
      ${SWITCHES.map(([name, text]) => this.#renderSwitch(name, text))}
    </fieldset>`;
  }

  #renderSwitch(name: Switch, text: string) {
    const change = ({ currentTarget }: Event): void => {
      if (currentTarget instanceof HTMLInputElement) this.#change({ [name]: currentTarget.checked });
    };
    return html`<label class="switch"><input type="checkbox" .checked=${this.settings[name]} @change=${change} />${text}</label>`;
  }

  #renderDetection() {
    const { patience, refractoryMs } = this.settings;
    return html`<fieldset>
      <legend>Detection, advanced</legend>
      <label>
        Patience, in windows in a row
        <input
          type="number"
          min="1"
          max="50"
          placeholder="the model's own"
          .value=${String(patience ?? '')}
          @change=${this.#onNumber((value) => ({ patience: value }))}
        />
      </label>
      <label>
        Quiet after a word, in ms
        <input
          type="number"
          min="0"
          max="60000"
          step="50"
          placeholder="the model's own"
          .value=${String(refractoryMs ?? '')}
          @change=${this.#onNumber((value) => ({ refractoryMs: value }))}
        />
      </label>
    </fieldset>`;
  }

  #renderServer() {
    const { server, token } = this.settings;
    return html`<fieldset>
      <legend>Server</legend>
      <label>
        Address
        <input type="url" placeholder="this page's own" .value=${server} @change=${this.#onText((value) => ({ server: value.trim() }))} />
      </label>
      <label>
        Token
        <input type="password" autocomplete="off" .value=${token} @change=${this.#onText((value) => ({ token: value }))} />
      </label>
    </fieldset>`;
  }

  #onText(changeOf: (value: string) => Partial<Settings>): (event: Event) => void {
    return ({ currentTarget }) => {
      const isField = currentTarget instanceof HTMLInputElement || currentTarget instanceof HTMLSelectElement;
      if (isField) this.#change(changeOf(currentTarget.value));
    };
  }

  /** An empty field is the model's own value; one out of range is left for the visitor to correct. */
  #onNumber(changeOf: (value: number | undefined) => Partial<Settings>): (event: Event) => void {
    return ({ currentTarget }) => {
      if (!(currentTarget instanceof HTMLInputElement) || !currentTarget.reportValidity()) return;
      this.#change(changeOf(currentTarget.value === '' ? undefined : currentTarget.valueAsNumber));
    };
  }

  #change(change: Partial<Settings>): void {
    this.dispatchEvent(new SettingsChange(change));
  }
}
customElements.define('kws-settings-panel', KwsSettingsPanel);
