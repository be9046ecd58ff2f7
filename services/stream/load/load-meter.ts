/** What live audio costs this process, and whether it can take on more. */

import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import type { Limits } from '../config.ts';

/**
 * Half of what was measured is forgotten after this much audio, so that the estimate follows the machine, but not sooner than after this
 * much time: hundreds of sessions bring a minute of audio in a moment, and one slow moment is not what they cost.
 */
const COST_HALF_LIFE_AUDIO_MS = 60_000;
const COST_HALF_LIFE_MS = 10_000;
/** The same for waiting: quick to rise, soon forgotten. */
const LAG_HALF_LIFE_MS = 1000;
/** A look at the event loop in which less was heard says nothing of what hearing costs. */
const MIN_HEARD_MS = 50;
/** What sockets and timers may add to hearing; more is something else's doing. */
const MAX_OVERHEAD = 2;
/** How much one look weighs. */
const OVERHEAD_WEIGHT = 0.1;
/** A session that sent nothing for so long costs nothing. */
const ACTIVE_MS = 2000;

export interface LoadMeterOptions extends Pick<Limits, 'maxLoad' | 'maxLagMs'> {
  readonly now: () => number;
}

/** One slice of audio that was worked off. */
export interface WorkedSlice {
  readonly audioMs: number;
  readonly busyMs: number;
  /** From its arrival until it was worked on. */
  readonly waitedMs: number;
}

/** A look at the event loop, and the one before it. */
export interface LoopLook {
  readonly elapsedMs: number;
  /** How much of that it was not waiting. */
  readonly busyMs: number;
  /** How much later than asked for the look came. */
  readonly lateMs: number;
}

/** One session's share of the load. */
export interface LoadShare {
  /** Says that the session is live. */
  touch(): void;
  release(): void;
}

/**
 * Estimates the share of a core that all live sessions take at real time: how many there are times what audio was measured to cost,
 * with what its way through sockets and timers adds. Bursts and uploads do not count: they wait their turn.
 */
export class LoadMeter {
  readonly #options: LoadMeterOptions;
  readonly #lastActiveMs = new Map<object, number>();
  #audioMs = 0;
  #busyMs = 0;
  #recordedAtMs = 0;
  #lagMs = 0;
  #lagAtMs = 0;
  #loopLateMs = 0;
  #heardMs = 0;
  #knockMs = 0;
  #overhead = 1;
  #activeAtMs = -Infinity;
  /** Those that sent something lately, when they were last looked through; who comes or goes since is taken in at once. */
  readonly #active = new Set<object>();

  constructor(options: LoadMeterOptions) {
    this.#options = options;
  }

  /** Counts another session. */
  open(): LoadShare {
    const key = {};
    const touch = (): void => void this.#lastActiveMs.set(key, this.#options.now());
    touch();
    this.#active.add(key);
    const release = (): void => {
      this.#lastActiveMs.delete(key);
      this.#active.delete(key);
    };
    return { touch, release };
  }

  /** Takes in what a slice took. */
  record({ audioMs, busyMs, waitedMs }: WorkedSlice): void {
    const nowMs = this.#options.now();
    const halfLives = Math.min(audioMs / COST_HALF_LIFE_AUDIO_MS, (nowMs - this.#recordedAtMs) / COST_HALF_LIFE_MS);
    const kept = 0.5 ** halfLives;
    this.#recordedAtMs = nowMs;
    this.#audioMs = this.#audioMs * kept + audioMs;
    this.#busyMs = this.#busyMs * kept + busyMs;
    this.#heardMs += busyMs;
    this.#lagMs = Math.max(waitedMs, this.#waitLagMs);
    this.#lagAtMs = nowMs;
  }

  /** Takes in what answering the door took: no part of what live sessions cost, else those who are turned away would keep others out. */
  recordKnock(busyMs: number): void {
    this.#knockMs += busyMs;
  }

  /** Takes in how the event loop does: what it does beside hearing is part of what a session costs, and its lateness is everyone's. */
  recordLoop({ elapsedMs, busyMs, lateMs }: LoopLook): void {
    const weight = 1 - 0.5 ** (elapsedMs / LAG_HALF_LIFE_MS);
    this.#loopLateMs += weight * (lateMs - this.#loopLateMs);
    const [heardMs, knockMs] = [this.#heardMs, this.#knockMs];
    this.#heardMs = 0;
    this.#knockMs = 0;
    if (heardMs < MIN_HEARD_MS) return;
    const overhead = Math.min(MAX_OVERHEAD, Math.max(1, (busyMs - knockMs) / heardMs));
    this.#overhead += OVERHEAD_WEIGHT * (overhead - this.#overhead);
  }

  /** Does a piece of work and takes in what it took. */
  time(audioMs: number, work: () => void): void {
    const beganMs = this.#options.now();
    work();
    this.record({ audioMs, busyMs: this.#options.now() - beganMs, waitedMs: 0 });
  }

  /** Share of a core that one session takes at real time. */
  get costOfOne(): number {
    return this.#audioMs === 0 ? 0 : (this.#overhead * this.#busyMs) / this.#audioMs;
  }

  /** Share of a core that the live sessions take. */
  get load(): number {
    return this.#activeSessions() * this.costOfOne;
  }

  /** How long audio has waited lately, here or in its socket. */
  get lagMs(): number {
    return Math.max(this.#waitLagMs, this.#loopLateMs);
  }

  /** @throws {ProtocolError} `overloaded` if one more would be too many */
  assertRoom(): void {
    const { maxLoad, maxLagMs } = this.#options;
    const nextLoad = this.load + this.costOfOne;
    if (nextLoad > maxLoad && this.#active.size > 0) {
      throw new ProtocolError(
        'overloaded',
        `live sessions take ${percent(this.load)} of a core, at most ${percent(maxLoad)} may be; try again later`,
      );
    }
    if (this.lagMs > maxLagMs) {
      throw new ProtocolError('overloaded', `audio waits ${Math.round(this.lagMs)} ms, at most ${maxLagMs} ms may be; try again later`);
    }
  }

  /** The longest wait; it falls by half every second. */
  get #waitLagMs(): number {
    return this.#lagMs * 0.5 ** ((this.#options.now() - this.#lagAtMs) / LAG_HALF_LIFE_MS);
  }

  /** Looked through a few times a second at most. */
  #activeSessions(): number {
    const nowMs = this.#options.now();
    if (nowMs - this.#activeAtMs >= ACTIVE_MS / 10) {
      this.#activeAtMs = nowMs;
      this.#active.clear();
      for (const [key, lastMs] of this.#lastActiveMs) if (nowMs - lastMs < ACTIVE_MS) this.#active.add(key);
    }
    return this.#active.size;
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
