/** What the runner asked for; k6 hands it on as text. */

/** Settings that all scenarios have. */
export interface LoadSettings {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly sessions: number;
  /** How long new sessions are begun. */
  readonly seconds: number;
  /** How long one session streams. */
  readonly sessionSeconds: number;
  /** Over how long the first sessions come. */
  readonly rampSeconds: number;
  /** The bar for the 99th percentile of the time from a window's last sample to its keyword. */
  readonly maxP99Ms: number;
  /** The bar for the 99th percentile of k6's own lateness. */
  readonly maxLateMs: number;
  /** Where the summary goes. */
  readonly summaryFile: string;
}

/** Extra time for sessions to end. */
const END_SECONDS = 20;

/** @throws {RangeError} what the runner has not said */
export function readSettings(): LoadSettings {
  return {
    url: textOf('URL'),
    sessions: numberOf('SESSIONS'),
    seconds: numberOf('SECONDS'),
    sessionSeconds: numberOf('SESSION_SECONDS'),
    rampSeconds: numberOf('RAMP_SECONDS'),
    maxP99Ms: numberOf('MAX_P99_MS'),
    maxLateMs: numberOf('MAX_LATE_MS'),
    summaryFile: textOf('SUMMARY'),
  };
}

/** How long k6 waits for the sessions that have begun. */
export function gracefulStop({ sessionSeconds }: Pick<LoadSettings, 'sessionSeconds'>): string {
  return `${sessionSeconds + END_SECONDS}s`;
}

function textOf(name: string): string {
  const value = __ENV[name];
  if (value === undefined) throw new RangeError(`${name} is not set; start it with npm run load`);
  return value;
}

function numberOf(name: string): number {
  return Number(textOf(name));
}
