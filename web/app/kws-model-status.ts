/** Which model runs, the words it knows, which of them count, and how sure it must be. */

import { css, html, LitElement } from 'lit';
import { classMap } from 'lit/directives/class-map.js';
import { ifDefined } from 'lit/directives/if-defined.js';
import { keyed } from 'lit/directives/keyed.js';

import { assertNever } from '#shared/assert-never.ts';
import type { KeywordMessage, ModelSummary } from '#shared/protocol/messages.ts';
import type { ModelStatus } from '../stream/reducer.ts';
import { formatPercent, labelText } from './format.ts';
import { SettingsChange } from './settings-change.ts';
import type { Settings } from './settings.ts';
import { baseStyles } from './styles.ts';

/** Words that are shown of a model: as many as can be switched off. */
const MAX_SHOWN_KEYWORDS = 512;

/** Shows the words as switches; the one just heard lights up. Fires `kws-settings`. */
export class KwsModelStatus extends LitElement {
  static override properties = {
    status: { attribute: false },
    models: { attribute: false },
    chosen: { type: String },
    heard: { attribute: false },
    muted: { attribute: false },
    thresholds: { attribute: false },
    ownThresholds: { attribute: false },
  };
  static override styles = [
    baseStyles,
    css`
      header {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0.25rem 1rem;
        margin-bottom: 0.75rem;
      }
      p {
        margin: 0;
        color: var(--muted);
        font-size: 0.875rem;
      }
      code {
        font-family: var(--mono);
      }
      select {
        margin: 0 0.25rem;
        padding: 0.25rem 0.5rem;
        border: 1px solid var(--muted);
        border-radius: 8px;
        background: var(--card);
        color: var(--ink);
        font: inherit;
      }
      .problem {
        color: var(--danger);
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li button {
        min-height: 1.75rem;
        padding: 0.15rem 0.7rem;
        border: 1px solid transparent;
        border-radius: 1rem;
        background: var(--accent-wash);
        color: inherit;
        font: inherit;
        font-size: 0.9375rem;
        cursor: pointer;
      }
      li button[aria-pressed='false'] {
        border: 1px dashed var(--muted);
        background: none;
        color: var(--muted);
        text-decoration: line-through;
      }
      .heard button {
        animation: light-up 2.6s ease-out;
      }
      details {
        margin-top: 1rem;
      }
      summary {
        width: fit-content;
        color: var(--accent);
        font-weight: 600;
        cursor: pointer;
      }
      .sliders {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr));
        gap: 0.4rem 2rem;
        margin-top: 0.75rem;
      }
      .sliders label {
        display: grid;
        grid-template-columns: 6rem 1fr 3rem;
        gap: 0.75rem;
        align-items: center;
        font-size: 0.9375rem;
      }
      input[type='range'] {
        width: 100%;
        accent-color: var(--accent);
      }
      output {
        color: var(--muted);
        font: 0.8125rem var(--mono);
        text-align: right;
      }
      .reset {
        margin-top: 0.75rem;
        padding: 0.3rem 0.9rem;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: none;
        color: inherit;
        font: inherit;
        font-size: 0.875rem;
        cursor: pointer;
      }
      @keyframes light-up {
        0%,
        70% {
          background: var(--accent);
          color: var(--on-accent);
        }
        70.1%,
        100% {
          background: var(--accent-wash); /* at once, as with the heard word */
          color: inherit;
        }
      }
    `,
  ];
  declare status: ModelStatus;
  /** Names of those to choose from. */
  declare models: readonly string[];
  /** The visitor's choice; empty for the first. */
  declare chosen: string;
  declare heard: KeywordMessage | undefined;
  declare muted: readonly string[];
  /** In force, of every keyword. */
  declare thresholds: Settings['thresholds'];
  /** Those that the visitor has set. */
  declare ownThresholds: Settings['thresholds'];

  constructor() {
    super();
    this.status = { state: 'loading' };
    this.models = [];
    this.chosen = '';
    this.heard = undefined;
    this.muted = [];
    this.thresholds = {};
    this.ownThresholds = {};
  }

  override render() {
    switch (this.status.state) {
      case 'loading':
        return html`<header><h2>Words it knows</h2></header>
          <p>Asking…</p>`;
      case 'unavailable':
        return html`<header><h2>Words it knows</h2></header>
          <p class="problem" role="alert">${this.status.message}</p>`;
      case 'known':
        return this.#renderModel(this.status.model);
      default:
        return assertNever(this.status);
    }
  }

  #renderModel({ name, version, keywords: all }: ModelSummary) {
    const keywords = all.slice(0, MAX_SHOWN_KEYWORDS);
    return html`
      <header>
        <h2 id="title">Words it knows</h2>
        ${this.models.length > 1 ? this.#renderChoice(version) : html`<p>model <code>${name}</code> <code>${version}</code></p>`}
      </header>
      <ul aria-labelledby="title">
        ${keywords.map((keyword) => this.#renderChip(keyword, keywords))}
      </ul>
      <details>
        <summary>How sure it must be</summary>
        <div class="sliders">${keywords.map((keyword) => this.#renderSlider(keyword))}</div>
        <button class="reset" ?disabled=${Object.keys(this.ownThresholds).length === 0} @click=${() => this.#change({ thresholds: {} })}>
          Back to the model's own thresholds
        </button>
      </details>
    `;
  }

  #renderChoice(version: string) {
    const choose = ({ currentTarget }: Event): void => {
      if (currentTarget instanceof HTMLSelectElement) this.#change({ model: currentTarget.value });
    };
    const shown = this.models.includes(this.chosen) ? this.chosen : this.models[0];
    return html`<p>
      <label>
        Model
        <select @change=${choose}>
          ${this.models.map((name) => html`<option value=${name} .selected=${name === shown}>${name}</option>`)}
        </select>
      </label>
      <code>${version}</code>
    </p>`;
  }

  #renderChip(keyword: string, keywords: readonly string[]) {
    const isHeard = this.heard?.keyword === keyword;
    const isOn = !this.muted.includes(keyword);
    const isLast = isOn && keywords.every((other) => other === keyword || this.muted.includes(other));
    return keyed(
      isHeard ? this.heard : undefined,
      html`<li class=${classMap({ heard: isHeard })}>
        <button
          type="button"
          aria-pressed=${isOn}
          aria-disabled=${isLast}
          title=${ifDefined(isLast ? 'One word at least stays on' : undefined)}
          @click=${() => !isLast && this.#toggle(keyword, isOn)}
        >
          ${labelText(keyword)}
        </button>
      </li>`,
    );
  }

  #renderSlider(keyword: string) {
    const threshold = this.thresholds[keyword] ?? 0;
    const change = ({ currentTarget }: Event): void => {
      if (!(currentTarget instanceof HTMLInputElement)) return;
      this.#change({ thresholds: { ...this.ownThresholds, [keyword]: currentTarget.valueAsNumber } });
    };
    return html`<label>
      <span>${labelText(keyword)}</span>
      <input
        type="range"
        min="0.05"
        max="1"
        step="0.01"
        .value=${String(threshold)}
        aria-label="Threshold of ${labelText(keyword)}"
        @input=${change}
      />
      <output>${formatPercent(threshold)}</output>
    </label>`;
  }

  #toggle(keyword: string, isOn: boolean): void {
    this.#change({ muted: isOn ? [...this.muted, keyword] : this.muted.filter((other) => other !== keyword) });
  }

  #change(change: Partial<Settings>): void {
    this.dispatchEvent(new SettingsChange(change));
  }
}
customElements.define('kws-model-status', KwsModelStatus);
