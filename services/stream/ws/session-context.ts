/** What all sessions of a process share. */

import type { Logger } from 'pino';

import type { TokenGate } from '../auth/token-gate.ts';
import type { Limits } from '../config.ts';
import type { Inbox } from '../feedback/inbox.ts';
import type { LoadMeter } from '../load/load-meter.ts';
import type { ServedModels } from '../models/served-models.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Tracing } from '../observability/span.ts';
import type { Turns } from './turns.ts';

export interface SessionContext {
  readonly models: Pick<ServedModels, 'seat'>;
  readonly limits: Limits;
  /** Whether windows of nothing but the background are left out. */
  readonly skipsSilence: boolean;
  readonly gate: Pick<TokenGate, 'admit'>;
  readonly turns: Turns;
  readonly load: LoadMeter;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Absent where no audio is ever kept. */
  readonly inbox?: Pick<Inbox, 'keep'> | undefined;
  /** Absent where nobody collects. */
  readonly tracing?: Tracing;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
}
