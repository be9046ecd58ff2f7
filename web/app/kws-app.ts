/** The page: hands state to the elements that show it, and their intents to the controllers. */

import { css, html, LitElement } from 'lit';

import { LiveFeed } from '../live/live-feed.ts';
import type { Thresholds } from '../live/live-messages.ts';
import { keepOffline } from '../offline/keep-offline.ts';
import type { KwsLevelMeter } from './kws-level-meter.ts';
import type { KwsMicrophoneButton } from './kws-microphone-button.ts';
import { ListenerController } from './listener-controller.ts';
import { phaseText, type PhaseText } from './phase-text.ts';
import { SettingsController } from './settings-controller.ts';
import type { SettingsChange } from './settings-change.ts';
import { baseStyles } from './styles.ts';
import { UploadController } from './upload-controller.ts';
import './kws-connection-status.ts';
import './kws-detect-result.ts';
import './kws-drop-zone.ts';
import './kws-engine-switch.ts';
import './kws-event-log.ts';
import './kws-heard-word.ts';
import './kws-level-meter.ts';
import './kws-live-view.ts';
import './kws-microphone-button.ts';
import './kws-model-status.ts';
import './kws-settings-panel.ts';

const LEADS = {
  server: 'Your microphone streams to the server, which answers within a fraction of a second and keeps no sound.',
  device: 'Your words are recognised right here: no sound leaves this page, and it works without a network.',
} as const;

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
      .title {
        flex: 1 1 22rem;
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
        text-wrap: pretty;
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
        text-wrap: balance;
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
      .engine {
        display: flex;
        flex-wrap: wrap;
        gap: 0.6rem 1rem;
        align-items: center;
      }
      .paused {
        padding: 0.5rem 1.2rem;
        border: none;
        border-radius: 10px;
        background: var(--accent);
        color: var(--on-accent);
        font: inherit;
        font-weight: 600;
        cursor: pointer;
      }
      kws-level-meter {
        width: min(100%, 16rem);
      }
      kws-level-meter:is(.idle, .asking, .blocked, .lost) {
        visibility: hidden;
      }
      .log {
        display: grid;
        min-height: 14rem;
      }
      .card > h2 {
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
          min-height: 24rem;
        }
        .log {
          contain: size; /* as high as the stage, however long the list is */
        }
      }
    `,
  ];
  readonly #feed = new LiveFeed();
  readonly #settings = new SettingsController(this, {
    storage: localStorage,
    onChange: (before, after) => void this.#listener.apply(before, after),
  });
  readonly #listener = new ListenerController(this, {
    settings: () => this.#settings.settings,
    onlooker: this.#feed,
    onLevel: (level) => this.#showLevel(level),
    onMicrophone: () => void this.#settings.refreshDevices(),
  });
  readonly #uploads = new UploadController(this, (recording) => this.#listener.detect(recording));

  override connectedCallback(): void {
    super.connectedCallback();
    void keepOffline();
  }

  override render() {
    const { listening, model, models, isPaused } = this.#listener.state;
    const { settings, devices } = this.#settings;
    const example = model.state === 'known' ? model.model.keywords.find((keyword) => !settings.muted.includes(keyword)) : undefined;
    return html`
      <header class="top">
        <div class="title">
          <h1>Say a keyword, see it recognised</h1>
          <p class="lead">${LEADS[settings.engine]}</p>
        </div>
        <div class="engine">
          <kws-engine-switch .engine=${settings.engine} @kws-settings=${this.#change}></kws-engine-switch>
          <kws-connection-status .phase=${listening.phase} .engine=${settings.engine}></kws-connection-status>
        </div>
      </header>
      <main @kws-settings=${this.#change}>
        ${this.#renderStage(phaseText(listening, { example, engine: settings.engine, isPaused }))} ${this.#renderLog()}
        ${this.#renderLive()}
        <section class="card wide">
          <kws-model-status
            .status=${model}
            .models=${models}
            .chosen=${settings.model}
            .heard=${this.#heard}
            .muted=${settings.muted}
            .thresholds=${this.#thresholds}
            .ownThresholds=${settings.thresholds}
          ></kws-model-status>
        </section>
        <section class="card wide upload">
          <h2>Try a recording</h2>
          <kws-drop-zone @kws-file=${this.#upload}></kws-drop-zone>
          <kws-detect-result .status=${this.#uploads.status}></kws-detect-result>
        </section>
        <section class="card wide">
          <kws-settings-panel .settings=${settings} .devices=${devices}></kws-settings-panel>
        </section>
      </main>
    `;
  }

  get #heard() {
    return this.#listener.state.heard[0];
  }

  /** In force, of every keyword: the visitor's own, else the model's. */
  get #thresholds(): Thresholds {
    const { model, operatingPoints = {} } = this.#listener.state;
    const { thresholds } = this.#settings.settings;
    const keywords = model.state === 'known' ? model.model.keywords : [];
    return Object.fromEntries(keywords.map((keyword) => [keyword, thresholds[keyword] ?? operatingPoints[keyword]?.threshold ?? 0.5]));
  }

  /** Of the keywords that are on. */
  get #traced(): Thresholds {
    const { muted } = this.#settings.settings;
    return Object.fromEntries(Object.entries(this.#thresholds).filter(([keyword]) => !muted.includes(keyword)));
  }

  #renderStage({ action, sentence, prompt, isProblem }: PhaseText) {
    const { listening, notice, isPaused } = this.#listener.state;
    return html`<section class="card stage" aria-label="Microphone">
      <kws-heard-word .heard=${isProblem ? undefined : this.#heard} .prompt=${prompt}></kws-heard-word>
      <kws-microphone-button .phase=${listening.phase} .action=${action} @click=${() => this.#listener.toggle()}></kws-microphone-button>
      <kws-level-meter class=${listening.phase}></kws-level-meter>
      <p class="sentence ${isProblem ? 'problem' : ''}" role=${isProblem ? 'alert' : 'status'}>${sentence}</p>
      ${notice ? html`<p class="notice" role="status">${notice}</p>` : ''} ${isPaused ? this.#renderPaused() : ''}
    </section>`;
  }

  #renderPaused() {
    return html`<p class="notice" role="alert">The browser has paused the microphone.</p>
      <button type="button" class="paused" @click=${() => this.#listener.resume()}>Go on listening</button>`;
  }

  #renderLog() {
    const { heard, heardTotal } = this.#listener.state;
    return html`<section class="card log"><kws-event-log .heard=${heard} .total=${heardTotal}></kws-event-log></section>`;
  }

  #renderLive() {
    return html`<section class="card wide" aria-labelledby="live">
      <h2 id="live">What it hears</h2>
      <kws-live-view .feed=${this.#feed} .thresholds=${this.#traced}></kws-live-view>
    </section>`;
  }

  /** Past the page's own rendering: nothing else changes 12 times a second. */
  #showLevel(level: number): void {
    const shown = this.renderRoot.querySelectorAll<KwsLevelMeter | KwsMicrophoneButton>('kws-level-meter, kws-microphone-button');
    for (const element of shown) element.level = level;
  }

  #change(event: SettingsChange): void {
    event.stopPropagation();
    this.#settings.change(event.detail);
  }

  #upload({ detail }: CustomEvent<File>): void {
    void this.#uploads.upload(detail);
  }
}
customElements.define('kws-app', KwsApp);
