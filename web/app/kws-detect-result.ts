/** What the service says about an uploaded recording. */

import { css, html, LitElement } from 'lit';
import { styleMap } from 'lit/directives/style-map.js';

import { assertNever } from '#shared/assert-never.ts';
import type { DetectAnswer } from '#shared/protocol/messages.ts';
import { formatPercent, formatTime, labelText } from './format.ts';
import { baseStyles } from './styles.ts';
import type { UploadStatus } from './upload-controller.ts';
import './kws-keyword-list.ts';
import './kws-recording-timeline.ts';

/** The keyword with its probability, the most probable labels as bars, and the events in order of time. */
export class KwsDetectResult extends LitElement {
  static override properties = { status: { attribute: false } };
  static override styles = [
    baseStyles,
    css`
      .answer {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
        gap: 1.5rem 2.5rem;
        margin-top: 1.25rem;
      }
      kws-recording-timeline {
        margin-top: 1.25rem;
      }
      h3 {
        margin: 0 0 0.5rem;
        color: var(--muted);
        font-size: 0.875rem;
        font-weight: 600;
      }
      p {
        margin: 0;
      }
      .keyword {
        font-size: 2.5rem;
        font-weight: 750;
        letter-spacing: -0.02em;
        line-height: 1.15;
        overflow-wrap: anywhere;
      }
      .file,
      .none {
        color: var(--muted);
        font-size: 0.875rem;
        overflow-wrap: anywhere;
      }
      .message {
        margin-top: 1rem;
        padding: 0.7rem 1rem;
        border-radius: 10px;
      }
      .problem {
        background: var(--danger-wash);
        color: var(--danger);
      }
      ol {
        display: grid;
        gap: 0.4rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 7rem 1fr 3rem;
        gap: 0.75rem;
        align-items: center;
        font-size: 0.9375rem;
      }
      li span:last-child {
        color: var(--muted);
        font-family: var(--mono);
        font-size: 0.8125rem;
        text-align: right;
      }
      .track {
        height: 10px;
        border-radius: 5px;
        background: var(--line);
      }
      .bar {
        display: block;
        height: 100%;
        min-width: 2px;
        border-radius: 5px;
        background: var(--accent);
      }
    `,
  ];
  declare status: UploadStatus;

  constructor() {
    super();
    this.status = { state: 'empty' };
  }

  override render() {
    return html`<div role="status">${this.#renderStatus()}</div>`;
  }

  #renderStatus() {
    switch (this.status.state) {
      case 'empty':
        return '';
      case 'asking':
        return html`<p class="message">Listening to ${this.status.fileName}…</p>`;
      case 'failed':
        return html`<p class="message problem">${this.status.fileName}: ${this.status.message}</p>`;
      case 'answered':
        return renderAnswer(this.status);
      default:
        return assertNever(this.status);
    }
  }
}
customElements.define('kws-detect-result', KwsDetectResult);

function renderAnswer({ fileName, answer, recording }: Extract<UploadStatus, { state: 'answered' }>) {
  const { keyword, probability, durationMs, top, events } = answer;
  return html`
    <kws-recording-timeline .recording=${recording} .events=${events}></kws-recording-timeline>
    <div class="answer">
      <section>
        <h3>Keyword</h3>
        <p class="keyword">${labelText(keyword)}</p>
        <p>${formatPercent(probability)} probable</p>
        <p class="file">${fileName}, ${formatTime(durationMs)} long</p>
      </section>
      <section>
        <h3>Most probable</h3>
        <ol aria-label="Most probable labels">
          ${top.map(renderBar)}
        </ol>
      </section>
      <section>
        <h3>Heard in the recording</h3>
        <kws-keyword-list .events=${events} label="Keywords in the recording">
          <p class="none">No event: the detector wants a keyword in several windows in a row, which a short file may not have.</p>
        </kws-keyword-list>
      </section>
    </div>
  `;
}

function renderBar({ label, probability }: DetectAnswer['top'][number]) {
  return html`<li>
    <span>${labelText(label)}</span>
    <span class="track" aria-hidden="true"><span class="bar" style=${styleMap({ width: `${probability * 100}%` })}></span></span>
    <span>${formatPercent(probability)}</span>
  </li>`;
}
