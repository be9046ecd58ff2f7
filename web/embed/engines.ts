/** The two engines of a page that is not ours: the service over its WebSocket, or a worker whose code the service gives. */

import engineWorkerUrl from 'virtual:engine-worker';

import { builtEngineFiles } from '../engine/built-files.ts';
import { openDeviceSession } from '../engine/device-session.ts';
import { streamUrl } from '../stream/address.ts';
import { connectStream } from '#shared/client/stream-client.ts';
import type { KeywordSession, StartOptions } from '#shared/client/session.ts';
import { OWN_ADDRESS } from './own-address.ts';

/** Opens a session on a service. @throws {StreamError} see `connectStream` */
export function openOnServer(server: URL, start: StartOptions): Promise<KeywordSession> {
  return connectStream({ url: streamUrl(server), start });
}

/**
 * Opens a session in a worker of this page.
 *
 * @throws {CodedError} `engine_not_built`, `unknown_model`, `engine_unreachable`, `engine_failed`
 */
export async function openOnThisDevice(start: StartOptions): Promise<KeywordSession> {
  const { kernelUrl, manifestUrl, weightsUrl } = builtEngineFiles(start.model);
  const files = { kernelUrl: ownUrl(kernelUrl), manifestUrl: ownUrl(manifestUrl), weightsUrl: ownUrl(weightsUrl) };
  return openDeviceSession({ worker: startWorker(), files, start });
}

/** What a worker begins with; made once, for every session. */
let workerUrl: string | undefined;

/** A page may start workers of its own origin only, but such a worker may import a script from anywhere. */
function startWorker(): Worker {
  const source = `importScripts(${JSON.stringify(ownUrl(engineWorkerUrl))})`;
  workerUrl ??= URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  return new Worker(workerUrl);
}

function ownUrl(path: string): string {
  return new URL(path, OWN_ADDRESS).href;
}
