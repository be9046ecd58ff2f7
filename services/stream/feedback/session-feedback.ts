/** What one session's client may say of what was heard, and what becomes of it. */

import { MAX_CLIP_SECONDS, USUAL_CLIP_SECONDS } from '#shared/feedback/clip-record.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import type { Feedback } from '#shared/protocol/messages.ts';

import { FeedbackError } from './feedback-error.ts';
import type { Inbox } from './inbox.ts';
import { Tape } from './tape.ts';

/** More than anybody corrects, and less than would fill an inbox. */
const MAX_CLIPS_A_SESSION = 20;

export interface SessionFeedbackOptions {
  readonly session: string;
  /** Absent where the service keeps nothing. */
  readonly inbox: Pick<Inbox, 'keep'> | undefined;
  /** As `start` said. */
  readonly hasConsent: boolean;
  /** Whose token it is; absent without one. */
  readonly tenant: string | undefined;
}

interface Keeping {
  readonly inbox: Pick<Inbox, 'keep'>;
  readonly tenant: string;
  readonly tape: Tape;
}

/** Without an inbox, consent and a token there is no tape, and no audio is held for it. */
export class SessionFeedback {
  readonly #session: string;
  readonly #keeping: Keeping | undefined;
  readonly #whyOff: string;
  #clips = 0;

  constructor({ session, inbox, hasConsent, tenant }: SessionFeedbackOptions) {
    this.#session = session;
    this.#keeping = inbox && hasConsent && tenant !== undefined ? { inbox, tenant, tape: new Tape() } : undefined;
    this.#whyOff = !inbox ? 'this service keeps no audio' : !hasConsent ? '`start` did not say `feedback`: true' : 'it needs a token';
  }

  /** Whether feedback is kept. */
  get isOn(): boolean {
    return this.#keeping !== undefined;
  }

  /** What is to be told of the session's audio; absent where nothing may be held. */
  get onAudio(): ((samples: Float32Array, startSample: number) => void) | undefined {
    const tape = this.#keeping?.tape;
    return tape && ((samples, startSample) => tape.write(samples, startSample));
  }

  /**
   * Keeps what the feedback is about.
   *
   * @returns the clip's name, once it is kept
   * @throws {FeedbackError} `feedback_off`, `feedback_not_kept`
   */
  async take({ kind, keyword, startSample, endSample }: Feedback, { name, version, digest, keywords }: Manifest): Promise<string> {
    if (!this.#keeping) throw new FeedbackError('feedback_off', `feedback is not kept: ${this.#whyOff}`);
    const { inbox, tenant, tape } = this.#keeping;
    if (!keywords.includes(keyword)) throw notKept(`model ${name} has no keyword ${JSON.stringify(keyword)}`);
    if (this.#clips >= MAX_CLIPS_A_SESSION) throw notKept(`a session may give feedback ${MAX_CLIPS_A_SESSION} times`);
    const end = endSample ?? tape.endSample;
    const start = Math.max(startSample ?? end - USUAL_CLIP_SECONDS * SAMPLE_RATE_HZ, end - MAX_CLIP_SECONDS * SAMPLE_RATE_HZ);
    const held = tape.copy(start, end);
    if (held.samples.length === 0) throw notKept(`no audio is held any more from ${start} to ${end}`);
    const clip = `${this.#session}.${this.#clips++}`;
    const place = { startSample: held.startSample, endSample: held.startSample + held.samples.length };
    const model = { name, version, digest };
    await inbox.keep({ clip, session: this.#session, tenant, kind, keyword, model, ...place, samples: held.samples });
    return clip;
  }

  /** Leaves no audio behind. */
  end(): void {
    this.#keeping?.tape.erase();
  }
}

function notKept(why: string): FeedbackError {
  return new FeedbackError('feedback_not_kept', `the audio was not kept: ${why}`);
}
