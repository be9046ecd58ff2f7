/** What the processes of one service tell each other. */

import { z } from 'zod';

import { ModelSummarySchema } from '#shared/protocol/messages.ts';

const requestId = z.int().min(0);
/** As prom-client writes and reads them; only it looks inside. */
const metricValues = z.array(z.looseObject({ name: z.string() }));

/** From a worker to the supervisor. */
export const WorkerMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), url: z.string(), model: ModelSummarySchema }),
  z.object({ type: z.literal('failed'), code: z.string(), message: z.string() }),
  /** Every second, from `started` on. */
  z.object({ type: z.literal('alive') }),
  /** Somebody asks for the metrics of all. */
  z.object({ type: z.literal('metrics-wanted'), request: requestId }),
  z.object({ type: z.literal('metrics'), collection: requestId, values: metricValues }),
]);
export type WorkerMessage = z.infer<typeof WorkerMessageSchema>;

/** From the supervisor to a worker. */
export const SupervisorMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('drain') }),
  z.object({ type: z.literal('collect'), collection: requestId }),
  z.object({ type: z.literal('metrics-of-all'), request: requestId, text: z.string() }),
]);
export type SupervisorMessage = z.infer<typeof SupervisorMessageSchema>;
