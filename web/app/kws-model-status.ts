/** Which model runs, and the words it knows. */

import { css, html, LitElement } from 'lit';
import { classMap } from 'lit/directives/class-map.js';
import { keyed } from 'lit/directives/keyed.js';

import { assertNever } from '#shared/assert-never.ts';
import type { KeywordMessage, ModelSummary } from '#shared/protocol/messages.ts';
import type { ModelStatus } from '../stream/reducer.ts';
import { baseStyles } from './styles.ts';

/** Shows the words as chips; the one just heard lights up. */
export class KwsModelStatus extends LitElement {
  static override properties = { status: { attribute: false }, heard: { attribute: false } };
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
      li {
        padding: 0.15rem 0.7rem;
        border-radius: 1rem;
        background: var(--accent-wash);
        font-size: 0.9375rem;
      }
      li.heard {
        animation: light-up 2.6s ease-out;
      }
      @keyframes light-up {
        0%,
        70% {
          background: var(--accent);
          color: var(--on-accent);
        }
      }
    `,
  ];
  declare status: ModelStatus;
  declare heard: KeywordMessage | undefined;

  constructor() {
    super();
    this.status = { state: 'loading' };
    this.heard = undefined;
  }

  override render() {
    switch (this.status.state) {
      case 'loading':
        return html`<header><h2>Words it knows</h2></header>
          <p>Asking the server…</p>`;
      case 'unavailable':
        return html`<header><h2>Words it knows</h2></header>
          <p class="problem" role="alert">${this.status.message}</p>`;
      case 'known':
        return this.#renderModel(this.status.model);
      default:
        return assertNever(this.status);
    }
  }

  #renderModel({ name, version, keywords }: ModelSummary) {
    return html`
      <header>
        <h2 id="title">Words it knows</h2>
        <p>model <code>${name}</code> <code>${version}</code></p>
      </header>
      <ul aria-labelledby="title">
        ${keywords.map((keyword) => this.#renderChip(keyword))}
      </ul>
    `;
  }

  #renderChip(keyword: string) {
    const isHeard = this.heard?.keyword === keyword;
    return keyed(isHeard ? this.heard : undefined, html`<li class=${classMap({ heard: isHeard })}>${keyword}</li>`);
  }
}
customElements.define('kws-model-status', KwsModelStatus);
