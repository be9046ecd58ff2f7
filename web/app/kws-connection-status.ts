/** Whether the page and the server talk to each other. */

import { css, html, LitElement } from 'lit';

import type { Listening } from '../stream/reducer.ts';
import { baseStyles } from './styles.ts';

type Phase = Listening['phase'];

const TEXTS: Readonly<Record<Phase, readonly [colour: string, text: string]>> = {
  idle: ['muted', 'not connected'],
  asking: ['muted', 'not connected'],
  blocked: ['muted', 'not connected'],
  connecting: ['warning', 'connecting'],
  listening: ['accent', 'connected'],
  reconnecting: ['warning', 'reconnecting'],
  stopping: ['accent', 'connected'],
  lost: ['danger', 'lost'],
};

/** A dot and a word. */
export class KwsConnectionStatus extends LitElement {
  static override properties = { phase: { type: String }, engine: { type: String } };
  static override styles = [
    baseStyles,
    css`
      p {
        display: inline-flex;
        gap: 0.5rem;
        align-items: center;
        margin: 0;
        padding: 0.2rem 0.8rem;
        border: 1px solid var(--line);
        border-radius: 1rem;
        background: var(--card);
        font-size: 0.875rem;
        white-space: nowrap;
      }
      .dot {
        width: 0.6rem;
        height: 0.6rem;
        border-radius: 50%;
        background: var(--muted);
      }
      .warning {
        background: var(--warning);
      }
      .accent {
        background: var(--accent);
      }
      .danger {
        background: var(--danger);
      }
    `,
  ];
  declare phase: Phase;
  declare engine: 'server' | 'device';

  constructor() {
    super();
    this.phase = 'idle';
    this.engine = 'server';
  }

  override render() {
    const [colour, status] = TEXTS[this.phase];
    const text = this.engine === 'device' && status !== 'lost' ? 'on this device' : status;
    return html`<p role="status" aria-label="Connection"><span class="dot ${colour}" aria-hidden="true"></span>${text}</p>`;
  }
}
customElements.define('kws-connection-status', KwsConnectionStatus);
