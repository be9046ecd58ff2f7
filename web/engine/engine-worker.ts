/** The worker's side of the on-device engine: one session, then it is ended from outside. */

import { CodedError } from '#shared/coded-error.ts';
import type { Classifier } from '#shared/model/classifier.ts';
import type { ServerMessage } from '#shared/protocol/messages.ts';
import type { StartOptions } from '#shared/client/session.ts';
import type { RawChunk } from '../audio/raw-chunks.ts';
import type { ToLiveView } from '../live/live-messages.ts';
import { DirectHearing } from './direct-hearing.ts';
import type { DirectWay } from './direct-session.ts';
import { loadEngine } from './load-engine.ts';
import { LocalSession } from './local-session.ts';
import type { EngineFiles, FromEngine, ToEngine } from './worker-messages.ts';

/** Said to have been heard at once: half a second of s16le. A message for every chunk would wake the page each time. */
const TAKEN_STEP_BYTES = 16 * 1024;

let classifier: Classifier | undefined;
let session: LocalSession | undefined;
let view: MessagePort | undefined;
let takenBytes = 0;

self.addEventListener('message', ({ data }: MessageEvent<ToEngine>) => {
  switch (data.type) {
    case 'open':
      void open(data.files, data.start);
      return;
    case 'audio':
      session?.push(data.pcm);
      take(data.pcm.byteLength);
      return;
    case 'listen':
      listen(data.way);
      return;
    case 'configure':
      session?.configure(data.knobs);
      return;
    case 'stop':
      session?.stop();
      return;
  }
});

async function open(files: EngineFiles, start: StartOptions): Promise<void> {
  try {
    classifier = await loadEngine(files);
    session = new LocalSession({ classifier, start, emit: say });
  } catch (error) {
    const { code, message } =
      error instanceof CodedError ? error : { code: 'engine_failed', message: `The engine broke: ${String(error)}` };
    say({ type: 'error', code, message });
  }
}

/** Asked of a session that is ready. */
function listen({ sound, sampleRateHz, view: onlooker }: DirectWay): void {
  if (!classifier || !session) return;
  view = onlooker;
  const hearing = new DirectHearing({
    sampleRateHz,
    convolver: classifier.convolver,
    session,
    onTaken: (samples) => sound.postMessage(samples),
    onView: onlooker && ((message) => onlooker.postMessage(message, [message.pcm.buffer])),
  });
  sound.onmessage = ({ data }: MessageEvent<RawChunk>) => hearing.push(data);
}

function take(bytes: number): void {
  takenBytes += bytes;
  if (takenBytes < TAKEN_STEP_BYTES) return;
  post({ type: 'taken', bytes: takenBytes });
  takenBytes = 0;
}

/** Posteriors are drawn, and the page has no other use for them. */
function say(message: ServerMessage): void {
  if (view && message.type === 'posteriors') view.postMessage({ type: 'heard', message } satisfies ToLiveView);
  else post({ type: 'said', message });
}

function post(message: FromEngine): void {
  self.postMessage(message);
}
