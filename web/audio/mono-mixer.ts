/** From the channels that an AudioWorklet is handed to one. */

/** What browsers hand over at a time (Web Audio API 1.1, 1.1); another length costs one allocation. */
const RENDER_QUANTUM_SAMPLES = 128;

/** Allocates nothing while the length stays the same. */
export class MonoMixer {
  #mono = new Float32Array(RENDER_QUANTUM_SAMPLES);

  /** The mean of the channels; none while nothing is connected. @returns the only channel itself, or what the next call overwrites */
  mix(channels: readonly Float32Array[]): Float32Array {
    const first = channels[0];
    if (!first || channels.length === 1) return first ?? this.#mono.subarray(0, 0);
    if (this.#mono.length !== first.length) this.#mono = new Float32Array(first.length);
    for (let i = 0; i < first.length; i++) {
      let sum = 0;
      for (let channel = 0; channel < channels.length; channel++) sum += channels[channel]![i]!;
      this.#mono[i] = sum / channels.length;
    }
    return this.#mono;
  }
}
