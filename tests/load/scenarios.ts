/** The scenarios: what each asks, and how much it asks if nothing is said. */

export type ScenarioName = 'smoke' | 'steady' | 'ramp' | 'soak' | 'reconnect-storm' | 'upload' | 'slow-readers';

export interface Scenario {
  readonly describe: string;
  /** Virtual users; k6 gives each one socket at a time. */
  readonly sessions: number;
  readonly minutes: number;
  readonly sessionSeconds: number;
}

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  smoke: { describe: 'a few sessions and uploads, in seconds', sessions: 4, minutes: 0.05, sessionSeconds: 8 },
  steady: { describe: 'so many sessions all the time', sessions: 200, minutes: 1, sessionSeconds: 30 },
  ramp: { describe: 'ever more sessions, until the service refuses', sessions: 600, minutes: 3, sessionSeconds: 30 },
  soak: { describe: 'so many sessions for hours, with the slope of memory', sessions: 200, minutes: 120, sessionSeconds: 60 },
  'reconnect-storm': { describe: 'all cut off at once, three times, and all back', sessions: 200, minutes: 1, sessionSeconds: 30 },
  upload: { describe: 'recordings uploaded as fast as the answers come', sessions: 8, minutes: 1, sessionSeconds: 6 },
  'slow-readers': { describe: 'sessions beside clients that do not read', sessions: 50, minutes: 1, sessionSeconds: 15 },
};
