/** The live picture: waveform, MFCC heat map, traces and events on one time axis, drawn by a worker. */

import { css, html, LitElement, type PropertyValues } from 'lit';

import type { LiveFeed } from '../live/live-feed.ts';
import type { FromLiveView, LiveColours, Thresholds, ToLiveView } from '../live/live-messages.ts';
import { baseStyles } from './styles.ts';

const DARK = matchMedia('(prefers-color-scheme: dark)');
const REDUCED_MOTION = matchMedia('(prefers-reduced-motion: reduce)');

/** Hands its canvas to a worker of its own and passes the feed on; this thread never touches a sample. */
export class KwsLiveView extends LitElement {
  static override properties = {
    feed: { attribute: false },
    thresholds: { attribute: false },
    isSupported: { state: true },
    isEmpty: { state: true },
    description: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      canvas {
        display: block;
        width: 100%;
        height: clamp(19rem, 36vw, 23rem);
      }
      .view {
        display: grid;
      }
      canvas,
      .hint {
        grid-area: 1 / 1;
      }
      .hint {
        place-self: center;
        max-width: 24rem;
        margin: 0 1rem 2rem;
        padding: 0.5rem 1rem;
        border-radius: 10px;
        background: var(--card);
        color: var(--muted);
        text-align: center;
      }
    `,
  ];
  declare feed: LiveFeed | undefined;
  declare thresholds: Thresholds;
  declare isSupported: boolean;
  /** Until there is something to see. */
  declare isEmpty: boolean;
  /** The picture in words. */
  declare description: string;
  #worker: Worker | undefined;
  #endWatch: (() => void) | undefined;
  #resizes: ResizeObserver | undefined;
  #views: IntersectionObserver | undefined;

  constructor() {
    super();
    this.feed = undefined;
    this.thresholds = {};
    this.isSupported = 'OffscreenCanvas' in globalThis && 'transferControlToOffscreen' in HTMLCanvasElement.prototype;
    this.isEmpty = true;
    this.description = '';
  }

  override render() {
    if (!this.isSupported) return html`<p>This browser cannot draw the live view; listening works all the same.</p>`;
    return html`
      <div class="view">
        <canvas
          role="img"
          aria-label="The last seconds of sound: waveform, features, and how probable each keyword is"
          aria-describedby="words"
        ></canvas>
        ${this.isEmpty ? html`<p class="hint">Your sound will scroll by here, with what the model makes of it as it happens.</p>` : ''}
      </div>
      <p id="words" class="visually-hidden">${this.description}</p>
    `;
  }

  protected override firstUpdated(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    if (!canvas) return;
    this.#worker = new Worker(new URL('../live/live-worker.ts', import.meta.url), { type: 'module' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromLiveView>) => (this.description = data.text));
    const offscreen = canvas.transferControlToOffscreen();
    this.#worker.postMessage({ type: 'canvas', canvas: offscreen } satisfies ToLiveView, [offscreen]);
    this.#tellColours();
    this.#resizes = new ResizeObserver(() => this.#tellSize(canvas));
    this.#resizes.observe(canvas);
    this.#views = new IntersectionObserver((entries) => this.#post({ type: 'view', isInView: entries.at(-1)?.isIntersecting ?? true }));
    this.#views.observe(canvas);
    DARK.addEventListener('change', this.#tellColours);
    REDUCED_MOTION.addEventListener('change', this.#tellMotion);
    this.#tellMotion();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('thresholds')) this.#post({ type: 'thresholds', thresholds: this.thresholds });
    if (!changed.has('feed')) return;
    this.#endWatch?.();
    this.#endWatch = this.feed?.watch((message, transfer) => {
      this.isEmpty &&= message.type !== 'audio' && message.type !== 'engine';
      this.#post(message, transfer);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#endWatch?.();
    this.#resizes?.disconnect();
    this.#views?.disconnect();
    DARK.removeEventListener('change', this.#tellColours);
    REDUCED_MOTION.removeEventListener('change', this.#tellMotion);
    this.#worker?.terminate();
  }

  #post(message: ToLiveView, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  #tellSize({ clientWidth, clientHeight }: HTMLCanvasElement): void {
    if (clientWidth === 0 || clientHeight === 0) return; // not laid out, or not shown
    const pixelRatio = devicePixelRatio;
    const [width, height] = [Math.round(clientWidth * pixelRatio), Math.round(clientHeight * pixelRatio)];
    this.#post({ type: 'size', size: { width, height, pixelRatio } });
  }

  readonly #tellColours = (): void => {
    const style = getComputedStyle(this);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const colours: LiveColours = {
      card: colour('--card'),
      ink: colour('--ink'),
      muted: colour('--muted'),
      line: colour('--line'),
      accent: colour('--accent'),
      isDark: DARK.matches,
    };
    this.#post({ type: 'colours', colours });
  };

  readonly #tellMotion = (): void => this.#post({ type: 'motion', isReduced: REDUCED_MOTION.matches });
}
customElements.define('kws-live-view', KwsLiveView);
