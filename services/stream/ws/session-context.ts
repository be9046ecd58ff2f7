/** What all sessions of a process share. */

import type { Logger } from 'pino';

import type { Classifier } from '#shared/model/classifier.ts';

import type { TokenGate } from '../auth/token-gate.ts';
import type { Limits } from '../config.ts';
import type { LoadMeter } from '../load/load-meter.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Turns } from './turns.ts';

export interface SessionContext {
  readonly classifier: Classifier;
  readonly limits: Limits;
  readonly gate: Pick<TokenGate, 'admit'>;
  readonly turns: Turns;
  readonly load: LoadMeter;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
}
