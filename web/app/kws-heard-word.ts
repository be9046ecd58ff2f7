/** The last keyword heard, unmissable for a moment. */

import { css, html, LitElement } from 'lit';
import { keyed } from 'lit/directives/keyed.js';

import type { KeywordMessage } from '#shared/protocol/messages.ts';
import { formatPercent, formatTime, labelText } from './format.ts';
import { baseStyles } from './styles.ts';

/** Flashes every new keyword, then leaves it standing quietly; a prompt until there is one. */
export class KwsHeardWord extends LitElement {
  static override properties = { heard: { attribute: false }, prompt: { type: String } };
  static override styles = [
    baseStyles,
    css`
      :host {
        width: 100%;
      }
      .stage {
        display: grid;
        place-items: center;
        align-content: center;
        min-height: 8.5rem;
        overflow-wrap: anywhere;
        text-align: center;
      }
      .prompt {
        color: var(--muted);
        font-size: clamp(1.6rem, 5vw, 2.4rem);
        font-weight: 600;
        line-height: 1.15;
      }
      .word {
        padding: 0.05em 0.5em 0.14em;
        border-radius: 0.28em;
        color: var(--muted);
        font-size: clamp(3rem, 12vw, 5.25rem);
        font-weight: 750;
        letter-spacing: -0.02em;
        line-height: 1.1;
        animation: flash 2.6s ease-out;
      }
      .score {
        margin-top: 0.4rem;
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      @keyframes flash {
        0% {
          transform: scale(0.7);
          background: var(--accent);
          color: var(--on-accent);
        }
        7% {
          transform: scale(1.06);
        }
        11%,
        78% {
          transform: scale(1);
          background: var(--accent);
          color: var(--on-accent);
        }
        78.1%,
        100% {
          background: transparent; /* at once: half faded, neither colour would stand out from the other */
          color: var(--muted);
        }
      }
      @keyframes flash-still {
        0%,
        78% {
          background: var(--accent);
          color: var(--on-accent);
        }
        78.1%,
        100% {
          background: transparent;
          color: var(--muted);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .word {
          animation-name: flash-still;
        }
      }
    `,
  ];
  declare heard: KeywordMessage | undefined;
  declare prompt: string;

  constructor() {
    super();
    this.heard = undefined;
    this.prompt = '';
  }

  override render() {
    const { heard } = this;
    return html`
      <div class="stage" aria-hidden="true">
        ${heard ? keyed(heard, html`<div class="word">${labelText(heard.keyword)}</div>`) : html`<div class="prompt">${this.prompt}</div>`}
        ${heard ? html`<div class="score">${formatPercent(heard.score)} sure · ${formatTime(heard.startMs)}</div>` : ''}
      </div>
      <p class="visually-hidden" role="status">
        ${heard ? `Heard ${labelText(heard.keyword)}, ${formatPercent(heard.score)}, at ${formatTime(heard.startMs)}` : ''}
      </p>
    `;
  }
}
customElements.define('kws-heard-word', KwsHeardWord);
