/** Ties a listener to an element's life: its changes render, and it ends with the element. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

import type { DetectAnswer } from '#shared/protocol/messages.ts';
import { CodedError } from '#shared/coded-error.ts';
import { openMicrophone } from '../audio/microphone.ts';
import { builtEngineFiles, builtModels } from '../engine/built-files.ts';
import { openDeviceSession } from '../engine/device-session.ts';
import { serverAddress, streamUrl } from '../stream/address.ts';
import { connectStream } from '#shared/client/stream-client.ts';
import { detectInSession } from '../stream/detect-in-session.ts';
import { Listener, type Onlooker } from '../stream/listener.ts';
import { fetchManifest, fetchModel, fetchModelNames, type ModelDetails } from '../stream/model.ts';
import { canStart, type PageState } from '../stream/reducer.ts';
import type { KeywordSession, StartOptions } from '#shared/client/session.ts';
import { StreamError } from '#shared/client/stream-error.ts';
import { detectKeyword } from '../stream/upload.ts';
import type { Recording } from './decode-recording.ts';
import { firstKnobsOf, knobsOf, type Settings } from './settings.ts';

const MAX_RULES_TRIES = 20;
const RULES_RETRY_MS = 500;

export interface ListenerControllerOptions {
  readonly settings: () => Settings;
  readonly onlooker: Onlooker;
  /** Takes the input level, in [0, 1], whenever it has moved. */
  readonly onLevel: (level: number) => void;
  /** The microphone is on: browsers now tell the names of all of them. */
  readonly onMicrophone: () => void;
}

/** Listens through this page's microphone, by the engine that the settings name. */
export class ListenerController implements ReactiveController {
  readonly #settings: () => Settings;
  readonly #listener: Listener;
  /** Digest of the model whose rules are known, or asked for. */
  #learnedDigest = '';

  constructor(host: ReactiveControllerHost, { settings, onlooker, onLevel, onMicrophone }: ListenerControllerOptions) {
    this.#settings = settings;
    this.#listener = new Listener({
      openMicrophone: async (options) => {
        const microphone = await openMicrophone(options, settings());
        onMicrophone();
        return microphone;
      },
      openSession: (format) => this.#openSession(format),
      onChange: () => {
        host.requestUpdate();
        this.#learnNewModel();
      },
      onLevel,
      onlooker,
    });
    host.addController(this);
  }

  get state(): PageState {
    return this.#listener.state;
  }

  hostConnected(): void {
    void this.learnModel();
    document.addEventListener('visibilitychange', this.#seenAgain);
  }

  hostDisconnected(): void {
    document.removeEventListener('visibilitychange', this.#seenAgain);
    this.#listener.close();
  }

  /** The button's one meaning: listen, or stop listening. */
  toggle(): void {
    if (canStart(this.state.listening)) void this.#start();
    else void this.#listener.stop();
  }

  /** Applies changed settings: knobs at once, anything else by listening anew. */
  async apply(before: Settings, after: Settings): Promise<void> {
    if (isSameEngine(before, after) && isSameSound(before, after)) {
      this.#listener.configure(knobsOf(after, this.#keywords));
      return;
    }
    const wasListening = !canStart(this.state.listening);
    this.#listener.close();
    if (!isSameEngine(before, after)) await this.learnModel();
    if (wasListening) await this.#start();
  }

  /** Lets sound go on that the browser holds back. */
  resume(): void {
    void this.#listener.resume();
  }

  /** Scores a whole recording, as the model's own operating points have it. */
  async detect({ samples, wav }: Recording): Promise<DetectAnswer> {
    const settings = this.#settings();
    const model = this.#model;
    if (settings.engine === 'server') return detectKeyword(serverOf(settings), wav, { model, token: settings.token || undefined });
    return detectInSession(samples, (format) => openOnDevice({ ...format, ...(model === undefined ? {} : { model }) }));
  }

  /** Opens a session with the engine of the settings. */
  async #openSession(format: StartOptions): Promise<KeywordSession> {
    const settings = this.#settings();
    const model = this.#model;
    const chosen = model === undefined ? {} : { model };
    const start = { ...format, ...chosen, ...firstKnobsOf(settings, this.#keywords), posteriors: true };
    if (settings.engine === 'device') return openOnDevice(start);
    const token = settings.token === '' ? {} : { token: settings.token };
    return connectStream({ url: streamUrl(serverOf(settings)), start: { ...start, ...token } });
  }

  async learnModel(): Promise<void> {
    this.#listener.fold({ type: 'model_loading' });
    try {
      this.#listener.fold({ type: 'models_known', names: await this.#askForNames() });
      const model = await this.#askForModel();
      this.#learnedDigest = model.digest;
      this.#listener.fold({ type: 'model_known', model });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#listener.fold({ type: 'model_unavailable', message: error.message });
    }
  }

  async #start(): Promise<void> {
    if (this.state.model.state === 'unavailable') await this.learnModel();
    await this.#listener.start();
  }

  async #askForModel(): Promise<ModelDetails> {
    const settings = this.#settings();
    if (settings.engine === 'server') return fetchModel(serverOf(settings), this.#model);
    return fetchManifest(new URL(builtEngineFiles(this.#model).manifestUrl, location.href));
  }

  async #askForNames(): Promise<readonly string[]> {
    const settings = this.#settings();
    return settings.engine === 'server' ? fetchModelNames(serverOf(settings)) : builtModels();
  }

  /** A session may begin with, or change to, a model whose rules have not been asked for. */
  #learnNewModel(): void {
    const { model } = this.state;
    if (model.state !== 'known' || model.model.digest === this.#learnedDigest) return;
    this.#learnedDigest = model.model.digest;
    void this.#learnRules(model.model.digest);
  }

  /**
   * Without an answer about this model the session's own word about it stays. Another process of the server may answer, that changes its
   * model a moment later: it is asked again.
   */
  async #learnRules(digest: string): Promise<void> {
    try {
      for (let tries = 0; tries < MAX_RULES_TRIES && this.#learnedDigest === digest; tries++) {
        if (tries > 0) await new Promise((resolve) => setTimeout(resolve, RULES_RETRY_MS));
        const model = await this.#askForModel();
        if (model.digest === digest) {
          this.#listener.fold({ type: 'model_known', model });
          return;
        }
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
    }
  }

  readonly #seenAgain = (): void => {
    if (document.visibilityState === 'visible' && this.state.isPaused) this.resume();
  };

  /** The visitor's choice, where the engine has it. */
  get #model(): string | undefined {
    return this.state.models.find((name) => name === this.#settings().model);
  }

  get #keywords(): readonly string[] {
    return this.state.model.state === 'known' ? this.state.model.model.keywords : [];
  }
}

function serverOf({ server }: Pick<Settings, 'server'>): URL {
  return serverAddress(server, location.href);
}

/** @throws {CodedError} `engine_not_built`, and whatever keeps the engine from starting */
async function openOnDevice(start: StartOptions): Promise<KeywordSession> {
  const files = builtEngineFiles(start.model);
  const worker = new Worker(new URL('../engine/engine-worker.ts', import.meta.url), { type: 'module' });
  return openDeviceSession({ worker, files, start });
}

function isSameEngine(a: Settings, b: Settings): boolean {
  return a.engine === b.engine && a.server === b.server && a.token === b.token && a.model === b.model;
}

function isSameSound(a: Settings, b: Settings): boolean {
  const sound = ({ deviceId, echoCancellation, noiseSuppression, autoGainControl }: Settings): string =>
    JSON.stringify([deviceId, echoCancellation, noiseSuppression, autoGainControl]);
  return sound(a) === sound(b);
}
