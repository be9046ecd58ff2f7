/** A model in the kernel and its streams. */

import type { Artefact } from '#shared/model/artefact.ts';
import type { Classifier, ClassifierStream } from '#shared/model/classifier.ts';
import type { Manifest } from '#shared/model/manifest.ts';
import { assertFrames } from '#shared/model/window-of-frames.ts';

import type { KernelConvolver } from './kernel-convolver.ts';
import { KernelExtractor } from './kernel-extractor.ts';
import { Allocations, type KernelMemory } from './kernel-memory.ts';
import { KernelNetwork, type StreamState } from './kernel-network.ts';

/** What all models of one kernel share. */
export interface KernelInstance {
  readonly memory: KernelMemory;
  readonly convolver: KernelConvolver;
}

/** One model; its streams share weights and scratch memory, so they must live in one thread. */
export class KernelClassifier implements Classifier {
  readonly manifest: Manifest;
  readonly extractor: KernelExtractor;
  readonly convolver: KernelConvolver;
  readonly #allocations: Allocations;
  readonly #network: KernelNetwork;
  #openStreams = 0;

  constructor({ memory, convolver }: KernelInstance, artefact: Artefact) {
    this.manifest = artefact.manifest;
    this.convolver = convolver;
    this.#allocations = new Allocations(memory);
    try {
      this.#network = new KernelNetwork(this.#allocations, artefact);
      this.extractor = new KernelExtractor(memory, artefact.manifest.features);
    } catch (error) {
      this.#allocations.freeAll(); // out of memory half-way: the models that run keep running
      throw error;
    }
  }

  /** Bytes of the kernel's memory that each stream takes. */
  get stateBytes(): number {
    return this.#network.stateBytes;
  }

  openStream(): ClassifierStream {
    const stream = new KernelStream(this.#network, () => this.#openStreams--);
    this.#openStreams++;
    return stream;
  }

  close(): void {
    if (this.#openStreams > 0) throw new TypeError(`${this.#openStreams} streams of this classifier are still open`);
    this.extractor.close();
    this.#allocations.freeAll();
  }
}

class KernelStream implements ClassifierStream {
  readonly #network: KernelNetwork;
  readonly #onClose: () => void;
  readonly #state: StreamState;
  readonly #posteriors: Float32Array;
  #isOpen = true;

  constructor(network: KernelNetwork, onClose: () => void) {
    this.#network = network;
    this.#onClose = onClose;
    this.#state = network.openState();
    this.#posteriors = new Float32Array(network.labels);
  }

  advance(frames: Float32Array): Float32Array {
    if (!this.#isOpen) throw new TypeError('this stream is closed');
    const { windowFrames, strideFrames, coefficients } = this.#network;
    assertFrames(frames, this.#state.windowIndex === 0 ? windowFrames : strideFrames, coefficients);
    this.#network.advance(frames, this.#state);
    this.#network.readPosteriors(this.#posteriors);
    return this.#posteriors;
  }

  reset(): void {
    this.#state.windowIndex = 0;
    this.#state.wavefront.windows = 0;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#network.memory.free(this.#state.address);
    this.#onClose();
  }
}
