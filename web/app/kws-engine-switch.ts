/** Which engine listens: a server, or this device. */

import { css, html, LitElement } from 'lit';

import { SettingsChange } from './settings-change.ts';
import type { Settings } from './settings.ts';
import { baseStyles } from './styles.ts';

type EngineChoice = Settings['engine'];

const CHOICES: readonly (readonly [EngineChoice, string])[] = [
  ['server', 'Server'],
  ['device', 'This device'],
];

/** Two radio buttons that look like one switch. Fires `kws-settings`. */
export class KwsEngineSwitch extends LitElement {
  static override properties = { engine: { type: String } };
  static override styles = [
    baseStyles,
    css`
      fieldset {
        display: inline-flex;
        margin: 0;
        padding: 3px;
        border: 1px solid var(--line);
        border-radius: 1.2rem;
        background: var(--card);
      }
      label {
        padding: 0.2rem 0.9rem;
        border-radius: 1rem;
        font-size: 0.9375rem;
        cursor: pointer;
      }
      label:has(:checked) {
        background: var(--accent);
        color: var(--on-accent);
        font-weight: 600;
      }
      label:has(:focus-visible) {
        outline: 3px solid var(--accent);
        outline-offset: 3px;
      }
    `,
  ];
  declare engine: EngineChoice;

  constructor() {
    super();
    this.engine = 'server';
  }

  override render() {
    return html`<fieldset>
      <legend class="visually-hidden">Where the words are recognised</legend>
      ${CHOICES.map(([engine, text]) => this.#renderChoice(engine, text))}
    </fieldset>`;
  }

  #renderChoice(engine: EngineChoice, text: string) {
    const choose = (): boolean => this.dispatchEvent(new SettingsChange({ engine }));
    return html`<label>
      <input class="visually-hidden" type="radio" name="engine" .checked=${this.engine === engine} @change=${choose} />${text}
    </label>`;
  }
}
customElements.define('kws-engine-switch', KwsEngineSwitch);
