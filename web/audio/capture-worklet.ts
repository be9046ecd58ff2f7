/** The AudioWorklet's module: passes every render quantum through the encoder and transfers the chunks to the page. */

import { PcmEncoder } from './pcm-encoder.ts';

// What an AudioWorklet's scope holds; TypeScript's DOM library leaves it out.
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;

/** Lives until its context is closed. */
class CaptureProcessor extends AudioWorkletProcessor {
  readonly #encoder = new PcmEncoder(sampleRate, (chunk) => this.port.postMessage(chunk, [chunk.pcm]));

  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    const microphone = inputs[0];
    if (microphone) this.#encoder.push(microphone);
    return true;
  }
}

registerProcessor('kws-capture', CaptureProcessor);
