/** The big button, with the input level as its halo. */

import { css, html, LitElement, svg } from 'lit';
import { classMap } from 'lit/directives/class-map.js';
import { styleMap } from 'lit/directives/style-map.js';

import type { Listening } from '../stream/reducer.ts';
import { baseStyles } from './styles.ts';

type Phase = Listening['phase'];

/** How much the halo grows at full level, as a factor of the button's size. */
const HALO_GROWTH = 0.55;

const MICROPHONE = svg`
  <rect x="9" y="2.5" width="6" height="11.5" rx="3" />
  <path d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5v4M8.5 21.5h7" />`;
const STRUCK_OUT = svg`<path d="M4 3.5l16 17" />`;

/** A toggle. Native `click` events come out of it. @cssprop --accent, --danger - the disc when ready, and when something is wrong */
export class KwsMicrophoneButton extends LitElement {
  static override properties = { phase: { type: String }, action: { type: String }, level: { type: Number } };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: grid;
        place-items: center;
        width: 176px;
        height: 176px;
      }
      .halo,
      button {
        grid-area: 1 / 1;
        width: 112px;
        height: 112px;
        border-radius: 50%;
      }
      .halo {
        background: var(--accent);
        opacity: 0.18;
        will-change: transform; /* a layer of its own: moved, not painted anew */
      }
      button {
        display: grid;
        place-items: center;
        z-index: 1;
        padding: 0;
        border: none;
        background: var(--accent);
        color: var(--on-accent);
        cursor: pointer;
        transition:
          background-color 0.2s,
          transform 0.1s;
      }
      button:hover:not([aria-disabled='true']) {
        transform: scale(1.03);
      }
      button:active:not([aria-disabled='true']) {
        transform: scale(0.97);
      }
      button.problem {
        background: var(--card);
        color: var(--danger);
        box-shadow: inset 0 0 0 3px var(--danger);
      }
      button.waiting {
        background: var(--card);
        color: var(--accent);
        box-shadow: inset 0 0 0 3px var(--line);
        cursor: progress;
      }
      .spinner {
        grid-area: 1 / 1;
        z-index: 2;
        width: 112px;
        height: 112px;
        border: 3px solid transparent;
        border-top-color: var(--accent);
        border-radius: 50%;
        pointer-events: none;
        animation: turn 1s linear infinite;
      }
      svg {
        width: 50px;
        height: 50px;
        fill: none;
        stroke: currentColor;
        stroke-width: 1.8;
        stroke-linecap: round;
      }
      svg rect {
        fill: currentColor;
      }
      @keyframes turn {
        to {
          transform: rotate(1turn);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .spinner {
          animation-duration: 6s;
        }
        button {
          transition: none;
        }
      }
    `,
  ];
  declare phase: Phase;
  /** What pressing it does, for those who cannot see it. */
  declare action: string;
  /** In [0, 1]. */
  declare level: number;

  constructor() {
    super();
    this.phase = 'idle';
    this.action = '';
    this.level = 0;
  }

  override render() {
    const isProblem = this.phase === 'blocked' || this.phase === 'lost';
    const isWaiting = this.phase === 'asking' || this.phase === 'connecting' || this.phase === 'stopping';
    const isListening = this.phase === 'listening';
    return html`
      ${isListening ? html`<span class="halo" style=${styleMap({ transform: `scale(${(1 + this.level * HALO_GROWTH).toFixed(3)})` })}></span>` : ''}
      <button
        type="button"
        class=${classMap({ problem: isProblem, waiting: isWaiting })}
        aria-label=${this.action}
        aria-disabled=${isWaiting}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">${MICROPHONE}${isProblem ? STRUCK_OUT : ''}</svg>
      </button>
      ${isWaiting ? html`<span class="spinner"></span>` : ''}
    `;
  }
}
customElements.define('kws-microphone-button', KwsMicrophoneButton);
