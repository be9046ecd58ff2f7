/** What the page and its AudioWorklet say to each other. Both are of one build, so nothing is checked. */

/** One message of audio. */
export interface CapturedChunk {
  /** 16 kHz mono s16le; the receiver owns it. */
  readonly pcm: ArrayBuffer;
  /** Of the input, in [0, 1], linear in decibels, where it has moved. */
  readonly level: number | undefined;
}

export type FromCapture = CapturedChunk | { readonly level: number };

/** From now on all sound goes to this port, as `RawChunk`; what comes out of it are counts of samples that wait no more. */
export interface ToCapture {
  readonly engine: MessagePort;
}
