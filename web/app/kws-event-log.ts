/** The log of what was heard: a list to read, and the same as JSON to copy or keep. */

import { css, html, LitElement } from 'lit';

import type { HeardKeyword } from '../stream/reducer.ts';
import { baseStyles } from './styles.ts';
import './kws-keyword-list.ts';

const CONFIRMED_MS = 2000;

/** Newest first. */
export class KwsEventLog extends LitElement {
  static override properties = { heard: { attribute: false }, total: { type: Number }, isCopied: { state: true } };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-width: 0;
        min-height: 0;
      }
      header {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1rem;
        justify-content: space-between;
        align-items: baseline;
        margin-bottom: 0.5rem;
      }
      .count,
      .none {
        color: var(--muted);
        font-size: 0.875rem;
      }
      .scroll {
        flex: 1 1 14rem;
        min-height: 0;
        overflow-y: auto;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        margin-top: 0.75rem;
      }
      button {
        padding: 0.3rem 0.9rem;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: none;
        color: inherit;
        font: inherit;
        font-size: 0.875rem;
        cursor: pointer;
      }
    `,
  ];
  declare heard: readonly HeardKeyword[];
  declare total: number;
  declare isCopied: boolean;

  constructor() {
    super();
    this.heard = [];
    this.total = 0;
    this.isCopied = false;
  }

  override render() {
    return html`
      <header>
        <h2>Heard</h2>
        <span class="count">${this.total > 0 ? `${this.total} so far` : ''}</span>
      </header>
      <div class="scroll" tabindex="0" role="group" aria-label="Keywords heard, newest first">
        <kws-keyword-list .events=${this.heard} label="Keywords heard">
          <p class="none">Each keyword appears here with the time into the stream and how sure the model is.</p>
        </kws-keyword-list>
      </div>
      ${this.heard.length > 0 ? this.#renderActions() : ''}
    `;
  }

  #renderActions() {
    return html`<footer>
      <button type="button" @click=${() => void this.#copy()}>${this.isCopied ? 'Copied' : 'Copy as JSON'}</button>
      <button type="button" @click=${this.#download}>Download JSON</button>
    </footer>`;
  }

  async #copy(): Promise<void> {
    await navigator.clipboard.writeText(logJson(this.heard));
    this.isCopied = true;
    setTimeout(() => (this.isCopied = false), CONFIRMED_MS);
  }

  #download(): void {
    const url = URL.createObjectURL(new Blob([logJson(this.heard)], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = 'keywords.json';
    link.click();
    URL.revokeObjectURL(url);
  }
}
customElements.define('kws-event-log', KwsEventLog);

/** Oldest first, as a log is read by programs. */
function logJson(heard: readonly HeardKeyword[]): string {
  const entries = heard.map(({ number: _, type: __, ...event }) => event).reverse();
  return `${JSON.stringify(entries, undefined, 2)}\n`;
}
