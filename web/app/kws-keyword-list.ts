/** The keywords heard so far, each with its time and score. */

import { css, html, LitElement } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { styleMap } from 'lit/directives/style-map.js';

import type { DetectedEvent } from '#shared/protocol/messages.ts';
import type { HeardKeyword } from '../stream/reducer.ts';
import { formatPercent, formatTime } from './format.ts';
import { baseStyles } from './styles.ts';

/** Beyond so many, a list says how many more there are: an hour of speech has thousands. */
export const MAX_LISTED_EVENTS = 500;

/** Lists events in the order given. The content of its slot stands where there is none. */
export class KwsKeywordList extends LitElement {
  static override properties = { events: { attribute: false }, label: { type: String } };
  static override styles = [
    baseStyles,
    css`
      :host {
        container-type: inline-size;
      }
      ol {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto 3.5rem 3.2rem;
        gap: 0.8rem;
        align-items: center;
        padding: 0.55rem 0;
        border-bottom: 1px solid var(--line);
      }
      li:last-child {
        border-bottom: none;
      }
      time,
      .model,
      .score {
        color: var(--muted);
        font: 0.875rem var(--mono);
        font-variant-numeric: tabular-nums;
      }
      .score {
        text-align: right;
      }
      .keyword {
        overflow: hidden;
        font-weight: 650;
        text-overflow: ellipsis;
      }
      .track {
        height: 6px;
        border-radius: 3px;
        background: var(--line);
      }
      .model {
        max-width: 6rem;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      @container (max-width: 23rem) {
        li {
          grid-template-columns: auto minmax(0, 1fr) auto 3.2rem;
        }
        .track {
          display: none;
        }
      }
      p {
        color: var(--muted);
        font-size: 0.875rem;
      }
      .bar {
        height: 100%;
        border-radius: 3px;
        background: var(--accent);
      }
    `,
  ];
  declare events: readonly (DetectedEvent | HeardKeyword)[];
  /** Its name for those who cannot see it. */
  declare label: string;

  constructor() {
    super();
    this.events = [];
    this.label = '';
  }

  override render() {
    if (this.events.length === 0) return html`<slot></slot>`;
    const listed = this.events.slice(0, MAX_LISTED_EVENTS);
    return html`<ol aria-label=${this.label}>
        ${repeat(listed, (event) => ('number' in event ? event.number : event.sequence), renderEvent)}
      </ol>
      ${listed.length < this.events.length ? html`<p>and ${this.events.length - listed.length} more</p>` : ''}`;
  }
}
customElements.define('kws-keyword-list', KwsKeywordList);

function renderEvent({ keyword, score, startMs, endMs, model }: DetectedEvent) {
  const percent = formatPercent(score);
  return html`<li>
    <time title="until ${formatTime(endMs)}, by model ${model}">${formatTime(startMs)}</time>
    <span class="keyword">${keyword}</span>
    <span class="model" title="Version of the model that heard it">${model}</span>
    <span class="track" aria-hidden="true"
      ><span class="bar" style=${styleMap({ display: 'block', width: `${score * 100}%` })}></span
    ></span>
    <span class="score">${percent}</span>
  </li>`;
}
