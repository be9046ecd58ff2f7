/** A recording's waveform with its events over it, and a cursor where it is being played. */

import { css, html, LitElement, svg, type PropertyValues } from 'lit';
import { styleMap } from 'lit/directives/style-map.js';

import { samplesToMs } from '#shared/model/manifest.ts';
import type { DetectedEvent } from '#shared/protocol/messages.ts';
import type { Recording } from './decode-recording.ts';
import { formatTime } from './format.ts';
import { MAX_LISTED_EVENTS } from './kws-keyword-list.ts';
import { baseStyles } from './styles.ts';

/** Columns of the waveform, whatever its length. */
const COLUMNS = 600;

/** Plays the very file, through the browser's own controls. */
export class KwsRecordingTimeline extends LitElement {
  static override properties = { recording: { attribute: false }, events: { attribute: false }, playedMs: { state: true } };
  static override styles = [
    baseStyles,
    css`
      .picture {
        position: relative;
        height: 7.5rem;
        overflow: hidden;
        border-bottom: 1px solid var(--line);
      }
      svg {
        position: absolute;
        inset: 1.4rem 0 0;
        width: 100%;
        height: calc(100% - 1.4rem);
      }
      path {
        stroke: var(--ink);
        stroke-width: 1;
        vector-effect: non-scaling-stroke;
      }
      .event {
        position: absolute;
        top: 0;
        bottom: 0;
        border-left: 2px solid var(--accent);
        background: color-mix(in srgb, var(--accent) 16%, transparent);
      }
      .event span {
        padding: 0 0.3rem;
        font-size: 0.875rem;
        font-weight: 650;
        white-space: nowrap;
      }
      .cursor {
        position: absolute;
        top: 0;
        bottom: 0;
        width: 2px;
        background: var(--danger);
      }
      audio {
        width: 100%;
        margin-top: 0.75rem;
      }
    `,
  ];
  declare recording: Recording | undefined;
  declare events: readonly DetectedEvent[];
  declare playedMs: number;
  #url = '';
  #waveform = '';

  constructor() {
    super();
    this.recording = undefined;
    this.events = [];
    this.playedMs = 0;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('recording')) return;
    URL.revokeObjectURL(this.#url);
    this.#url = this.recording ? URL.createObjectURL(this.recording.wav) : '';
    this.#waveform = this.recording ? waveformPath(this.recording.samples) : '';
    this.playedMs = 0;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    URL.revokeObjectURL(this.#url);
  }

  override render() {
    if (!this.recording) return '';
    const durationMs = samplesToMs(this.recording.samples.length);
    const share = (milliseconds: number): string => `${(100 * milliseconds) / durationMs}%`;
    return html`
      <div class="picture" role="img" aria-label="Waveform of the recording, ${this.events.length} events, ${formatTime(durationMs)} long">
        <svg viewBox="0 -1 ${COLUMNS} 2" preserveAspectRatio="none" aria-hidden="true">${svg`<path d=${this.#waveform} />`}</svg>
        ${this.events.slice(0, MAX_LISTED_EVENTS).map(
          ({ keyword, startMs, endMs }) =>
            html`<div class="event" style=${styleMap({ left: share(startMs), width: share(endMs - startMs) })}>
              <span>${keyword}</span>
            </div>`,
        )}
        <div class="cursor" style=${styleMap({ left: share(this.playedMs) })}></div>
      </div>
      <audio controls src=${this.#url} aria-label="Play the recording" @play=${this.#follow} @timeupdate=${this.#place}></audio>
    `;
  }

  /** The cursor moves every frame while it plays; `timeupdate` alone would make it jump. */
  readonly #follow = ({ currentTarget }: Event): void => {
    if (!(currentTarget instanceof HTMLAudioElement)) return;
    const audio = currentTarget;
    const step = (): void => {
      this.playedMs = audio.currentTime * 1000;
      if (!audio.paused && this.isConnected) requestAnimationFrame(step);
    };
    step();
  };

  readonly #place = ({ currentTarget }: Event): void => {
    if (currentTarget instanceof HTMLAudioElement) this.playedMs = currentTarget.currentTime * 1000;
  };
}
customElements.define('kws-recording-timeline', KwsRecordingTimeline);

/** One stroke a column, from its lowest sample to its highest. */
function waveformPath(samples: Float32Array): string {
  const perColumn = Math.max(1, samples.length / COLUMNS);
  let path = '';
  for (let column = 0; column < COLUMNS && column * perColumn < samples.length; column++) {
    let [low, high] = [0, 0];
    for (let i = Math.floor(column * perColumn); i < Math.min(samples.length, (column + 1) * perColumn); i++) {
      low = Math.min(low, samples[i] ?? 0);
      high = Math.max(high, samples[i] ?? 0);
    }
    path += `M${column} ${(-high - 0.004).toFixed(3)}V${(-low + 0.004).toFixed(3)}`;
  }
  return path;
}
