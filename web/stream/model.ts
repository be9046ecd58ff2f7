/** Asks which model runs, and how it detects. */

import { z } from 'zod';

import { MODEL_PATH, MODELS_PATH, ModelsAnswerSchema, ModelSummarySchema } from '#shared/protocol/messages.ts';
import { requestJson } from './problem.ts';

/** Served models that a visitor can choose from; more than a service ever has. */
const MAX_MODELS = 64;

const OperatingPointSchema = z.object({ threshold: z.number(), patience: z.number(), refractoryMs: z.number() });
/** What the page needs of a manifest. */
const ModelDetailsSchema = ModelSummarySchema.extend({ operatingPoints: z.record(z.string(), OperatingPointSchema).optional() });
export type ModelDetails = z.infer<typeof ModelDetailsSchema>;

/**
 * Asks a server about a model.
 *
 * @param name - the server's first one where absent
 * @throws {StreamError} `server_unreachable`, `bad_server_message`, or the server's own code
 */
export function fetchModel(server: URL | string, name?: string): Promise<ModelDetails> {
  const url = new URL(MODEL_PATH, server);
  if (name !== undefined) url.searchParams.set('name', name);
  return fetchManifest(url);
}

/**
 * Asks a server which models it serves, by name; the first is for those who ask for none.
 *
 * @throws {StreamError} as `fetchModel`
 */
export async function fetchModelNames(server: URL | string): Promise<readonly string[]> {
  const { models } = await requestJson(ModelsAnswerSchema, new URL(MODELS_PATH, server));
  return models.slice(0, MAX_MODELS).map(({ name }) => name);
}

/**
 * Reads a manifest at an address of its own, as the page's engine has one.
 *
 * @throws {StreamError} as `fetchModel`
 */
export function fetchManifest(url: URL): Promise<ModelDetails> {
  return requestJson(ModelDetailsSchema, url);
}
