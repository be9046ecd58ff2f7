/** The page: hands state to the elements that show it, and their intents to the controllers. */

import { css, html, LitElement } from 'lit';

import { ListenerController } from './listener-controller.ts';
import { phaseText, type PhaseText } from './phase-text.ts';
import { baseStyles } from './styles.ts';
import { UploadController } from './upload-controller.ts';
import './kws-connection-status.ts';
import './kws-detect-result.ts';
import './kws-drop-zone.ts';
import './kws-heard-word.ts';
import './kws-keyword-list.ts';
import './kws-level-meter.ts';
import './kws-microphone-button.ts';
import './kws-model-status.ts';

/** Everything that a visitor sees. */
export class KwsApp extends LitElement {
  static override styles = [
    baseStyles,
    css`
      :host {
        max-width: 68rem;
        margin: 0 auto;
        padding: clamp(1rem, 4vw, 2.5rem) clamp(1rem, 4vw, 2rem) 3rem;
      }
      .top {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0.75rem 2rem;
        align-items: center;
        margin-bottom: clamp(1rem, 3vw, 2rem);
      }
      h1 {
        margin: 0;
        font-size: clamp(1.5rem, 4vw, 2.1rem);
        font-weight: 750;
        letter-spacing: -0.02em;
        line-height: 1.2;
      }
      .lead {
        margin: 0.3rem 0 0;
        color: var(--muted);
      }
      main {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 1.25rem;
      }
      .card {
        padding: clamp(1.1rem, 3vw, 1.75rem);
        border: 1px solid var(--line);
        border-radius: 20px;
        background: var(--card);
        box-shadow: var(--shadow);
      }
      .stage {
        display: grid;
        gap: 0.5rem;
        justify-items: center;
        align-content: center;
      }
      .sentence {
        max-width: 32rem;
        min-height: 1.5em;
        margin: 0;
        text-align: center;
      }
      .sentence::first-letter {
        text-transform: uppercase; /* the service's own sentences begin in lower case */
      }
      .sentence.problem {
        margin-top: 0.75rem;
        padding: 0.6rem 1rem;
        border-radius: 10px;
        background: var(--danger-wash);
        color: var(--danger);
      }
      .notice {
        margin: 0;
        color: var(--warning);
        text-align: center;
      }
      kws-level-meter {
        width: min(100%, 16rem);
      }
      .log {
        display: flex;
        flex-direction: column;
        min-height: 14rem;
      }
      .log h2 {
        display: flex;
        justify-content: space-between;
        margin-bottom: 0.5rem;
      }
      .count,
      .none {
        color: var(--muted);
        font-size: 0.875rem;
        font-weight: 400;
      }
      .scroll {
        flex: 1 1 14rem;
        min-height: 0;
        overflow-y: auto;
      }
      .upload h2 {
        margin-bottom: 0.75rem;
      }
      @media (min-width: 56rem) {
        main {
          grid-template-columns: minmax(0, 1.5fr) minmax(0, 1fr);
        }
        .wide {
          grid-column: 1 / -1;
        }
        .stage {
          min-height: 29rem;
        }
        .log {
          max-height: 33rem;
        }
      }
    `,
  ];
  readonly #listener = new ListenerController(this, new URL(location.href));
  readonly #uploads = new UploadController(this, new URL(location.href));

  override render() {
    const { listening, model } = this.#listener.state;
    const example = model.state === 'known' ? model.model.keywords[0] : undefined;
    return html`
      <header class="top">
        <div>
          <h1>Say a keyword, see it recognised</h1>
          <p class="lead">Your microphone streams to this server, which answers within a fraction of a second and keeps no sound.</p>
        </div>
        <kws-connection-status .phase=${listening.phase}></kws-connection-status>
      </header>
      <main>
        ${this.#renderStage(phaseText(listening, example))} ${this.#renderLog()}
        <section class="card wide"><kws-model-status .status=${model} .heard=${this.#heard}></kws-model-status></section>
        <section class="card wide upload">
          <h2>Try a recording</h2>
          <kws-drop-zone @kws-file=${this.#upload}></kws-drop-zone>
          <kws-detect-result .status=${this.#uploads.status}></kws-detect-result>
        </section>
      </main>
    `;
  }

  get #heard() {
    return this.#listener.state.heard[0];
  }

  #renderStage({ action, sentence, prompt, isProblem }: PhaseText) {
    const { listening, notice } = this.#listener.state;
    return html`<section class="card stage" aria-label="Microphone">
      <kws-heard-word .heard=${isProblem ? undefined : this.#heard} .prompt=${prompt}></kws-heard-word>
      <kws-microphone-button
        .phase=${listening.phase}
        .action=${action}
        .level=${this.#listener.level}
        @click=${() => this.#listener.toggle()}
      ></kws-microphone-button>
      <kws-level-meter .level=${this.#listener.level}></kws-level-meter>
      <p class="sentence ${isProblem ? 'problem' : ''}" role=${isProblem ? 'alert' : 'status'}>${sentence}</p>
      ${notice ? html`<p class="notice" role="status">${notice}</p>` : ''}
    </section>`;
  }

  #renderLog() {
    const { heard, heardTotal } = this.#listener.state;
    return html`<section class="card log">
      <h2>
        <span>Heard</span>
        <span class="count">${heardTotal > 0 ? `${heardTotal} so far` : ''}</span>
      </h2>
      <div class="scroll" tabindex="0" role="group" aria-label="Keywords heard, newest first">
        <kws-keyword-list .events=${heard} label="Keywords heard">
          <p class="none">Each keyword appears here with the time into the stream and how sure the model is.</p>
        </kws-keyword-list>
      </div>
    </section>`;
  }

  #upload({ detail }: CustomEvent<File>): void {
    void this.#uploads.upload(detail);
  }
}
customElements.define('kws-app', KwsApp);
