/** The AudioWorklet's module: passes every render quantum on, encoded to the page, or as it is to an engine beside the page. */

import { Needle } from './level.ts';
import { PcmEncoder } from './pcm-encoder.ts';
import { RawChunks } from './raw-chunks.ts';
import type { FromCapture, ToCapture } from './capture-messages.ts';

// What an AudioWorklet's scope holds; TypeScript's DOM library leaves it out.
declare abstract class AudioWorkletProcessor {
  readonly port: Omit<MessagePort, 'postMessage'> & { postMessage(message: FromCapture, transfer?: Transferable[]): void };
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;

/** Lives until its context is closed. */
class CaptureProcessor extends AudioWorkletProcessor {
  readonly #needle = new Needle();
  #way: Pick<PcmEncoder, 'push'> = new PcmEncoder(sampleRate, ({ pcm, rms }) =>
    this.port.postMessage({ pcm, level: this.#needle.push(rms) }, [pcm]),
  );

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToCapture>) => (this.#way = this.#wayTo(data.engine));
  }

  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    const microphone = inputs[0];
    if (microphone) this.#way.push(microphone);
    return true;
  }

  /** Past the page, which is only told the level, when it has moved. */
  #wayTo(engine: MessagePort): RawChunks {
    const chunks = new RawChunks(sampleRate, (chunk, rms) => {
      engine.postMessage(chunk, [chunk.samples.buffer]);
      const level = this.#needle.push(rms);
      if (level !== undefined) this.port.postMessage({ level });
    });
    engine.onmessage = ({ data }: MessageEvent<number>) => chunks.taken(data);
    return chunks;
  }
}

registerProcessor('kws-capture', CaptureProcessor);
