/** One named model of the service: follows its source, puts new versions in force while sessions stream, and tries candidates. */

import type { Logger } from 'pino';

import { CodedError } from '#shared/coded-error.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import { DOCUMENT_FORMAT_VERSION } from '#shared/registry/documents.ts';
import { STATUS_INTERVAL_MS, type InstanceStatus } from '#shared/registry/status.ts';

import type { Side } from './disagreements.ts';
import type { LoadedModel } from './loaded-model.ts';
import type { ModelLoader } from './model-loader.ts';
import type { ModelMetrics } from './model-metrics.ts';
import type { ModelOffer, ModelOrigin, ModelSource, Release, RolloutOffer, SourceNews } from './model-source.ts';
import { Seat, type Occupant } from './seat.ts';
import { rolloutNotRun, Trial } from './trial.ts';

/** Refused models that are remembered, so as not to be fetched again with every look at the source. */
const MAX_REMEMBERED_REFUSALS = 16;
/** After these another try may fare better, without anybody having changed anything. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set(['model_fetch_failed', 'kernel_out_of_memory', 'internal_error']);
/** How often a trial is looked at. */
const VERDICT_INTERVAL_MS = 1000;
/** What a status may quote. */
const MAX_QUOTED_CHARACTERS = 500;

export interface LiveModelOptions {
  /** What sessions ask for, and what models must be called from the second on. */
  readonly name: string;
  readonly instance: string;
  readonly source: ModelSource;
  readonly loader: ModelLoader;
  readonly metrics: ModelMetrics;
  readonly log: Logger;
  /** A model has been put in force. */
  readonly onForce: (model: LoadedModel) => void;
}

/** What it starts with. */
export interface FirstModel {
  readonly model: LoadedModel;
  readonly origin: ModelOrigin;
  readonly revision: number;
}

/** The model in force, those who are heard by it, and the candidate, if there is one. */
export class LiveModel {
  readonly #options: LiveModelOptions;
  readonly #stop = new AbortController();
  readonly #seats = new Set<Seat>();
  readonly #refusals = new Map<string, CodedError>();
  readonly #timers: NodeJS.Timeout[] = [];
  #incumbent: LoadedModel;
  #origin: ModelOrigin;
  #revision: number;
  #swaps = 0;
  #refused: InstanceStatus['refused'];
  #trial: Trial | undefined;
  /** Of the rollout that the source names, if it does not run. */
  #rolloutStatus: InstanceStatus['rollout'];
  /** Rollouts that this instance has ended; the source may take a while to agree. */
  readonly #halted = new Map<string, string>();
  /** What a source says once more and nothing is left to do about. */
  #settled: SourceNews | undefined;
  #following: Promise<void> = Promise.resolve();

  constructor({ model, origin, revision }: FirstModel, options: LiveModelOptions) {
    this.#options = options;
    this.#incumbent = model;
    this.#origin = origin;
    this.#revision = revision;
    this.#show();
  }

  get name(): string {
    return this.#options.name;
  }

  get manifest(): Manifest {
    return this.#incumbent.manifest;
  }

  get origin(): ModelOrigin {
    return this.#origin;
  }

  /** The model in force, for work that is done with one model from beginning to end. */
  get incumbent(): LoadedModel {
    return this.#incumbent;
  }

  /** A place for a session, which takes what serves it. */
  seat(occupant: Occupant): Seat {
    const seat = new Seat({ occupant, incumbent: this.#incumbent, trial: this.#trial, onRelease: () => this.#seats.delete(seat) });
    this.#seats.add(seat);
    return seat;
  }

  /** From now on does what the source says. */
  follow(): void {
    this.#following = this.#follow().catch((error: unknown) => {
      this.#options.log.error({ err: error, name: this.name }, 'the source of models is not watched any more');
    });
    this.#timers.push(setInterval(() => this.#judge(), VERDICT_INTERVAL_MS).unref());
    this.#timers.push(setInterval(() => this.#report(), STATUS_INTERVAL_MS).unref());
    this.#report();
  }

  /** Stops following, and frees the models once nobody uses them. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#following;
    this.#trial?.candidate.retire();
    this.#incumbent.retire();
  }

  async #follow(): Promise<void> {
    for await (const news of this.#options.source.watch(this.#stop.signal)) {
      try {
        await this.#act(news);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#options.log.error({ err: error, name: this.name }, 'model not looked at');
      }
    }
  }

  async #act(news: SourceNews): Promise<void> {
    if (news === this.#settled) return;
    if (news.type === 'fault') { this.#refuse({ version: '', digest: '' }, news.error); return; }
    await this.#putInForce(news);
    await this.#tryOut(news.rollout);
    this.#revision = news.revision;
    for (const seat of this.#seats) seat.move(this.#incumbent, this.#trial);
    this.#settled = this.#isSettled(news) ? news : undefined;
    this.#report();
  }

  /** Whether no other try could fare better. */
  #isSettled({ offer, rollout }: Release): boolean {
    const isDecided = ({ identity }: ModelOffer): boolean =>
      [this.#incumbent.identity, this.#trial?.candidate.identity].includes(identity) || this.#refusals.has(identity);
    return isDecided(offer) && (!rollout || rollout.halted !== undefined || isDecided(rollout.candidate));
  }

  /** Does nothing if the offer is in force, or has been refused for good. */
  async #putInForce(release: Release): Promise<void> {
    const { offer } = release;
    if (offer.identity === this.#incumbent.identity) {
      this.#origin = release.origin; // the last good one may turn out to be the current one
      if (release.revision !== this.#revision) this.#refused = undefined;
      this.#show(); return;
    }
    const next = await this.#loadUnlessRefused(offer);
    if (!next) return;
    const before = this.#incumbent;
    this.#incumbent = next;
    this.#origin = release.origin;
    this.#swaps++;
    this.#refused = undefined;
    this.#options.metrics.swaps.inc({ name: this.name });
    this.#options.onForce(next);
    this.#show();
    for (const seat of this.#seats) seat.move(next, this.#trial);
    before.retire();
    const { version, digest } = next.manifest;
    this.#options.log.info({ name: this.name, version, digest, before: before.manifest.version, sessions: this.#seats.size }, 'model swapped');
    await this.#options.source.accepted(offer);
  }

  async #loadUnlessRefused(offer: ModelOffer): Promise<LoadedModel | undefined> {
    const known = this.#refusals.get(offer.identity);
    if (known && !this.#refused) this.#refuse(offer, known); // it was announced again after others
    if (known) return undefined;
    if (this.#trial?.candidate.identity === offer.identity) return this.#promoted(this.#trial);
    try {
      return await this.#load(offer);
    } catch (error) {
      this.#refuse(offer, this.#codedFault(error));
      return undefined;
    }
  }

  /** The candidate itself, which is ready already. */
  #promoted(trial: Trial): LoadedModel {
    this.#trial = undefined;
    return trial.candidate;
  }

  async #load(offer: ModelOffer): Promise<LoadedModel> {
    const { loader, metrics } = this.#options;
    const stopTimer = metrics.loadSeconds.startTimer();
    const model = await loader.load(offer, { name: this.name, signal: this.#stop.signal });
    stopTimer();
    return model;
  }

  /** What is no fault of the model must not be taken for one, and must not end the watch. */
  #codedFault(error: unknown): CodedError {
    if (this.#stop.signal.aborted) throw error;
    if (error instanceof CodedError) return error;
    this.#options.log.error({ err: error, name: this.name }, 'model loading broke');
    return new CodedError('internal_error', 'the service made a mistake; it is in its log');
  }

  #refuse({ version, digest, identity }: { readonly version: string; readonly digest: string; readonly identity?: string }, error: CodedError): void {
    const { code, message } = error;
    this.#remember(identity, error);
    this.#refused = { version, digest, code, message: message.slice(0, MAX_QUOTED_CHARACTERS), at: new Date().toISOString() };
    this.#options.metrics.refused.inc({ name: this.name, code });
    this.#options.log.warn({ name: this.name, version, digest, code, reason: message }, 'model refused; the one in force stays');
    this.#report();
  }

  #remember(identity: string | undefined, error: CodedError): void {
    if (identity === undefined || TRANSIENT_CODES.has(error.code)) return;
    this.#refusals.set(identity, error);
    const [oldest] = this.#refusals.keys();
    if (this.#refusals.size > MAX_REMEMBERED_REFUSALS && oldest !== undefined) this.#refusals.delete(oldest);
  }

  /** Begins, changes or ends a trial, as the source has it. */
  async #tryOut(offer: RolloutOffer | undefined): Promise<void> {
    for (const id of this.#halted.keys()) if (id !== offer?.id) this.#halted.delete(id);
    if (!offer || offer.candidate.identity === this.#incumbent.identity) {
      this.#rolloutStatus = undefined;
      this.#endTrial(); return;
    }
    const haltedBecause = offer.halted?.reason ?? this.#halted.get(offer.id);
    if (haltedBecause !== undefined) {
      this.#haltTrial(offer, haltedBecause);
      if (!offer.halted) this.#haltEverywhere(offer.id, haltedBecause);
      return;
    }
    if (this.#trial && isSameTrial(this.#trial, offer)) {
      this.#trial.update(offer);
      this.#show(); return;
    }
    this.#endTrial();
    await this.#startTrial(offer);
  }

  async #startTrial(offer: RolloutOffer): Promise<void> {
    const candidate = await this.#loadUnlessRefused(offer.candidate);
    if (candidate) {
      this.#rolloutStatus = undefined;
      this.#begin(new Trial(offer, candidate, this.#trialListener())); return;
    }
    const reason = this.#refusals.get(offer.candidate.identity)?.message ?? 'the candidate could not be fetched yet';
    this.#rolloutStatus = rolloutNotRun(offer, { state: 'refused', reason: reason.slice(0, MAX_QUOTED_CHARACTERS) });
  }

  #haltTrial(offer: RolloutOffer, reason: string): void {
    const status = this.#trial?.id === offer.id ? this.#trial.status('halted', reason) : undefined;
    if (this.#rolloutStatus?.state !== 'halted') this.#rolloutStatus = status ?? rolloutNotRun(offer, { state: 'halted', reason });
    this.#endTrial();
  }

  #begin(trial: Trial): void {
    this.#trial = trial;
    const { id, mode, share } = trial;
    this.#options.log.info({ name: this.name, rollout: id, mode, share, version: trial.candidate.manifest.version }, 'rollout began');
    this.#show();
  }

  /** Everybody goes back to the incumbent. */
  #endTrial(): void {
    const trial = this.#trial;
    if (!trial) return;
    this.#trial = undefined;
    for (const seat of this.#seats) seat.move(this.#incumbent, undefined);
    trial.candidate.retire();
    this.#options.log.info({ name: this.name, rollout: trial.id }, 'rollout ended');
    this.#show();
  }

  /** Ends the trial if the candidate has left its band, here at once and elsewhere by the source. */
  #judge(): void {
    const trial = this.#trial;
    const reason = trial?.verdict();
    if (!trial || reason === undefined) return;
    this.#halted.set(trial.id, reason);
    this.#rolloutStatus = trial.status('halted', reason);
    this.#options.metrics.halted.inc({ name: this.name });
    this.#options.log.warn({ name: this.name, rollout: trial.id, reason }, 'rollout halted');
    this.#endTrial();
    this.#report();
    this.#haltEverywhere(trial.id, reason);
  }

  /** Tells the source; where it cannot be told, the next news of it tries again. */
  #haltEverywhere(rolloutId: string, reason: string): void {
    this.#settled = undefined;
    this.#options.source.halt(rolloutId, reason).catch((error: unknown) => {
      this.#options.log.error({ err: error, name: this.name }, 'rollout halted here only');
    });
  }

  #trialListener() {
    const { metrics, log } = this.#options;
    const { name } = this;
    return {
      onCount: (side: Side, what: 'sessions' | 'errors' | 'events') => metrics.rolloutCounts[what].inc({ name, side }),
      onDisagreement: (onlyHeardBy: Side) => metrics.disagreements.inc({ name, only_heard_by: onlyHeardBy }),
      onShadowError: (error: unknown) => log.warn({ err: error, name }, 'candidate broke beside a session'),
    };
  }

  #show(): void {
    const candidate = this.#trial && { manifest: this.#trial.candidate.manifest, share: this.#trial.share, mode: this.#trial.mode };
    this.#options.metrics.show(this.name, { manifest: this.manifest, origin: this.#origin, candidate });
  }

  #report(): void {
    const { source, instance } = this.#options;
    const { version, digest } = this.manifest;
    const rollout = this.#trial?.status('running') ?? this.#rolloutStatus;
    source.report({
      formatVersion: DOCUMENT_FORMAT_VERSION,
      name: this.name,
      instance,
      updatedAt: new Date().toISOString(),
      model: { version, digest },
      origin: this.#origin,
      revision: this.#revision,
      sessions: this.#seats.size,
      swaps: this.#swaps,
      ...(this.#refused && { refused: this.#refused }),
      ...(rollout && { rollout }),
    });
  }
}

function isSameTrial(trial: Trial, { id, mode, candidate }: RolloutOffer): boolean {
  return trial.id === id && trial.mode === mode && trial.candidate.identity === candidate.identity;
}
