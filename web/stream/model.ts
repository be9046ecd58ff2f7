/** Asks the service which model it runs. */

import { ModelSummarySchema, type ModelSummary } from '#shared/protocol/messages.ts';
import { requestJson } from './problem.ts';

const MODEL_PATH = '/v1/model';

/** @throws {StreamError} `server_unreachable`, `bad_server_message`, or the server's own code */
export function fetchModel(server: URL | string): Promise<ModelSummary> {
  return requestJson(ModelSummarySchema, new URL(MODEL_PATH, server));
}
