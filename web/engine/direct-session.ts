/** A session that hears the microphone past the page: sound goes from worklet to worker, and the page's thread rests. */

import type { KeywordSession } from '#shared/client/session.ts';

/** Where an engine hears, and who else is told at once. */
export interface DirectWay {
  /** `RawChunk`s come out of it; into it go counts of samples that wait no more. */
  readonly sound: MessagePort;
  readonly sampleRateHz: number;
  /** Takes what is heard, and posteriors, as `ToLiveView`; they do not pass the page then. */
  readonly view: MessagePort | undefined;
}

/** One that an engine of this page gives. */
export interface DirectSession extends KeywordSession {
  /** From now on it hears this, beside what it is sent. */
  listenTo(way: DirectWay): void;
}

export function isDirect(session: KeywordSession): session is DirectSession {
  return 'listenTo' in session;
}
