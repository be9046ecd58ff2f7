/** A bar for the microphone's input level. */

import { css, html, LitElement } from 'lit';
import { styleMap } from 'lit/directives/style-map.js';

import { baseStyles } from './styles.ts';

/** Shows a level. `<kws-level-meter .level=${0.5}>` */
export class KwsLevelMeter extends LitElement {
  static override properties = { level: { type: Number } };
  static override styles = [
    baseStyles,
    css`
      .track {
        height: 8px;
        border-radius: 4px;
        background: var(--line);
        overflow: hidden;
      }
      .bar {
        height: 100%;
        border-radius: 4px;
        background: var(--accent);
        transform-origin: left;
        will-change: transform; /* a layer of its own: moved, not painted anew */
      }
    `,
  ];
  /** In [0, 1]. */
  declare level: number;

  constructor() {
    super();
    this.level = 0;
  }

  override render() {
    const percent = Math.round(this.level * 100);
    return html`
      <div class="track" role="meter" aria-label="Input level" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent}>
        <div class="bar" style=${styleMap({ transform: `scaleX(${this.level.toFixed(3)})` })}></div>
      </div>
    `;
  }
}
customElements.define('kws-level-meter', KwsLevelMeter);
