/** How the runner tells k6 what to send and what to expect. */

import type { DetectedEvent } from '#shared/protocol/messages.ts';

/** One recording, in files beside the list of entries. */
export interface ProgrammeEntry {
  /** 16-bit samples at 16 kHz, a whole number of chunks. */
  readonly pcmFile: string;
  readonly wavFile: string;
  readonly chunkSamples: number;
  /** Of a whole session: the recording over and over. */
  readonly samples: number;
  /** What is heard in a whole session, and in the recording alone. */
  readonly events: readonly DetectedEvent[];
  readonly wavEvents: readonly DetectedEvent[];
}
