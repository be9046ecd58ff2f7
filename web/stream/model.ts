/** Asks which model runs, and how it detects. */

import { z } from 'zod';

import { ModelSummarySchema } from '#shared/protocol/messages.ts';
import { requestJson } from './problem.ts';

const MODEL_PATH = '/v1/model';

const OperatingPointSchema = z.object({ threshold: z.number(), patience: z.number(), refractoryMs: z.number() });
/** What the page needs of a manifest. */
const ModelDetailsSchema = ModelSummarySchema.extend({ operatingPoints: z.record(z.string(), OperatingPointSchema).optional() });
export type ModelDetails = z.infer<typeof ModelDetailsSchema>;

/**
 * Asks a server about its model.
 *
 * @throws {StreamError} `server_unreachable`, `bad_server_message`, or the server's own code
 */
export function fetchModel(server: URL | string): Promise<ModelDetails> {
  return fetchManifest(new URL(MODEL_PATH, server));
}

/**
 * Reads a manifest at an address of its own, as the page's engine has one.
 *
 * @throws {StreamError} as `fetchModel`
 */
export function fetchManifest(url: URL): Promise<ModelDetails> {
  return requestJson(ModelDetailsSchema, url);
}
