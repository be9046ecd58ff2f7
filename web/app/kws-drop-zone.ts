/** Takes a file by button or by drag and drop. */

import { css, html, LitElement } from 'lit';
import { classMap } from 'lit/directives/class-map.js';

import { baseStyles } from './styles.ts';

/** Fires `kws-file` with the file as `detail`. */
export class KwsDropZone extends LitElement {
  static override properties = { isOver: { state: true } };
  static override styles = [
    baseStyles,
    css`
      label {
        display: grid;
        gap: 0.15rem;
        place-items: center;
        padding: 1.6rem 1rem;
        border: 2px dashed var(--line);
        border-radius: 14px;
        color: var(--muted);
        text-align: center;
        cursor: pointer;
        transition:
          border-color 0.15s,
          background-color 0.15s;
      }
      label:hover,
      label.over {
        border-color: var(--accent);
        background: var(--accent-wash);
        color: var(--ink);
      }
      label:focus-within {
        outline: 3px solid var(--accent);
        outline-offset: 3px;
      }
      strong {
        color: var(--accent);
        font-weight: 650;
      }
      small {
        font-size: 0.875rem;
      }
    `,
  ];
  declare isOver: boolean;

  constructor() {
    super();
    this.isOver = false;
  }

  override render() {
    return html`
      <label class=${classMap({ over: this.isOver })} @dragover=${this.#over} @dragleave=${() => (this.isOver = false)} @drop=${this.#drop}>
        <strong>Choose a recording</strong>
        <small>or drop it here: WAV, or anything else this browser can play</small>
        <input class="visually-hidden" type="file" accept="audio/*,video/*,.wav" @change=${this.#choose} />
      </label>
    `;
  }

  #over(event: DragEvent): void {
    event.preventDefault();
    this.isOver = true;
  }

  #drop(event: DragEvent): void {
    event.preventDefault();
    this.isOver = false;
    this.#take(event.dataTransfer?.files[0]);
  }

  #choose({ currentTarget }: Event): void {
    if (!(currentTarget instanceof HTMLInputElement)) return;
    this.#take(currentTarget.files?.[0]);
    currentTarget.value = ''; // the same file chosen again is a new choice
  }

  #take(file: File | undefined): void {
    if (file) this.dispatchEvent(new CustomEvent<File>('kws-file', { detail: file }));
  }
}
customElements.define('kws-drop-zone', KwsDropZone);
