/** What is fuzzed: something that takes any bytes, and throws only where it has a mistake. */

export interface Target {
  readonly name: string;
  /** Where its own code is, for the count of what was reached. */
  readonly sources: readonly string[];
  /** Inputs to begin with. */
  readonly seeds: readonly Uint8Array[];
  /** Stretches of bytes that mean something to it. */
  readonly dictionary: readonly Uint8Array[];
  /** @throws what is a finding: expected refusals are dealt with inside */
  run(input: Uint8Array): void;
}

const encoder = new TextEncoder();

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Runs what may refuse its input with a coded error of this kind, and with nothing else. */
export function refusing(kind: abstract new (...args: never[]) => Error, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
  }
}
