/** A service with its load, as most faults begin. */

import { BuiltService, type BuiltServiceOptions } from '../helpers/built-service.ts';
import { StreamingLoad } from './streaming-load.ts';

/** A busy machine must not make the service refuse what a fault's sessions ask; the load tests measure that. */
const ADMITS_ALL = { MAX_LOAD_PERCENT: '100000', MAX_LAG_MS: '600000' };
const SESSIONS = 8;
const SESSION_SECONDS = 12;

export interface Started extends AsyncDisposable {
  readonly service: BuiltService;
  readonly load: StreamingLoad;
}

/** Starts both; disposing ends the service, whatever state it is in. */
export async function startUnderLoad(
  options: BuiltServiceOptions = {},
  { sessions = SESSIONS, sessionSeconds = SESSION_SECONDS }: { readonly sessions?: number; readonly sessionSeconds?: number } = {},
): Promise<Started> {
  const service = await startService(options);
  const load = await StreamingLoad.start({ url: service.url, sessions, sessionSeconds });
  return { service, load, [Symbol.asyncDispose]: () => service.stop() };
}

export function startService({ environment = {}, ...options }: BuiltServiceOptions = {}): Promise<BuiltService> {
  return BuiltService.start({ ...options, environment: { ...ADMITS_ALL, WORKERS: '1', ...environment } });
}
