/** From an offer to a model that is ready to run: fetch, verify, load, self-test, warm. */

import { setImmediate } from 'node:timers/promises';

import type { Logger } from 'pino';

import { readArtefact, type Artefact, type ArtefactFiles } from '#shared/model/artefact.ts';
import type { Classifier, Engine } from '#shared/model/classifier.ts';
import { ModelError } from '#shared/model/model-error.ts';
import { verifyManifest } from '#shared/registry/signature.ts';

import { LoadedModel } from './loaded-model.ts';
import { ModelRefusedError } from './model-source-error.ts';
import type { ModelOffer } from './model-source.ts';
import { selfTest, type TestClip } from './self-test.ts';

export interface ModelLoaderOptions {
  readonly engine: Engine;
  readonly log: Logger;
  /** Of those who may sign models; with none, models need no signature. */
  readonly publicKeys: readonly CryptoKey[];
  readonly clips: readonly TestClip[];
}

export interface LoadOptions {
  /** What the model must be called; any name will do when absent. */
  readonly name: string | undefined;
  /** There is none to go on with instead: one that does not hear what it must is better than none. */
  readonly isFirst?: boolean;
  /** It came with the service, and needs no signature: who could change it could change the service. */
  readonly isOurs?: boolean;
  readonly signal: AbortSignal;
}

/** Shared by all models of a process. */
export class ModelLoader {
  readonly #options: ModelLoaderOptions;

  constructor(options: ModelLoaderOptions) {
    this.#options = options;
  }

  /**
   * Gets a model ready. The event loop has turns in between, so that live audio waits for no more than one step.
   *
   * @throws {CodedError} what is wrong with it, or `model_fetch_failed`
   */
  async load(offer: ModelOffer, { name, isFirst = false, isOurs = false, signal }: LoadOptions): Promise<LoadedModel> {
    const files = await offer.fetch(signal);
    if (!isOurs) await this.#verifySignature(files, offer);
    const artefact = await this.#verify(files, offer, name);
    await setImmediate();
    const classifier = this.#options.engine.load(artefact);
    try {
      await setImmediate();
      await this.#test(classifier, isFirst);
      return new LoadedModel(offer.identity, classifier);
    } catch (error) {
      classifier.close();
      throw error;
    }
  }

  async #test(classifier: Classifier, isFirst: boolean): Promise<void> {
    const { clips, log } = this.#options;
    const complaint = await selfTest(classifier, clips);
    if (complaint === undefined) return;
    if (!isFirst) throw new ModelRefusedError('self_test_failed', `the model ${complaint}`);
    const { name, version } = classifier.manifest;
    log.warn({ name, version, complaint }, 'the model does not hear what it should');
  }

  /** Comes first: nothing else of the manifest is trusted before. */
  async #verifySignature({ manifestJson }: ArtefactFiles, { signature }: ModelOffer): Promise<void> {
    const { publicKeys } = this.#options;
    if (publicKeys.length > 0) await verifyManifest(manifestJson, publicKeys, signature);
  }

  async #verify(files: ArtefactFiles, { digest }: ModelOffer, name: string | undefined): Promise<Artefact> {
    const artefact = await readArtefact(files);
    const { manifest } = artefact;
    if (manifest.digest !== digest) {
      throw new ModelError('digest_mismatch', `the manifest has digest ${manifest.digest}, ${digest} was announced`);
    }
    if (name !== undefined && manifest.name !== name) {
      throw new ModelRefusedError('model_name_mismatch', `the model is called ${manifest.name}, not ${name}`);
    }
    return artefact;
  }
}
