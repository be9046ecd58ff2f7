/** From a candidate on disk to a model in force, past the gate: incumbent fetched, both judged, pointer moved from that incumbent. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MANIFEST_FILE, WEIGHTS_FILE, type ArtefactFiles } from '#shared/model/artefact.ts';
import { parseManifest } from '#shared/model/manifest.ts';

import { loadArtefact } from '../artefact-files.ts';
import { judge, type ModelFigures, type Verdict } from './gate.ts';
import type { GateRules } from './gate-rules.ts';
import { costRatio } from './kernel-cost.ts';
import { measureModel, type TestSets } from './measure-model.ts';
import type { Introduction, ModelRegistry, Published } from './model-registry.ts';

export interface Candidacy {
  readonly registry: ModelRegistry;
  readonly candidateDirectory: string;
  /** Instead of the manifest's. */
  readonly version?: string | undefined;
  readonly tests: TestSets;
  readonly rules: GateRules;
  readonly introduction: Introduction;
  readonly privateKey?: CryptoKey | undefined;
  /** Publishes whatever the gate says, and why. */
  readonly forcedBecause?: string | undefined;
  /** Where the incumbent is put while it is judged. */
  readonly workDirectory: string;
}

/** What came of a candidacy. `published` is absent where the gate refused. */
export interface CandidacyResult {
  readonly verdict: Verdict;
  readonly figures: ModelFigures;
  readonly incumbent: ModelFigures | undefined;
  readonly published?: Published | undefined;
}

/** What was judged: the verdict holds for this incumbent, at this revision of the pointer, only. */
export interface Judgement extends Omit<CandidacyResult, 'published'> {
  readonly from: number | undefined;
}

/**
 * Judges, and publishes what passes.
 *
 * @throws {PublicationError} `publish_conflict` when another model came into force meanwhile; and as `ModelRegistry.publish`
 */
export async function publishCandidate(candidacy: Candidacy): Promise<CandidacyResult> {
  const judgement = await judgeCandidate(candidacy);
  if (!judgement.verdict.passes && candidacy.forcedBecause === undefined) return judgement;
  return { ...judgement, published: await publishJudged(candidacy, judgement.from) };
}

/** Judges a candidate beside what is in force. */
export async function judgeCandidate({
  registry,
  candidateDirectory,
  tests,
  rules,
  workDirectory,
}: Omit<Candidacy, 'introduction'>): Promise<Judgement> {
  const candidate = await loadArtefact(candidateDirectory);
  const current = await registry.current(candidate.manifest.name);
  const figures = await measureModel(candidateDirectory, tests);
  if (!current) return { verdict: judge({ candidate: figures }, rules), figures, incumbent: undefined, from: undefined };
  await mkdir(workDirectory, { recursive: true });
  const incumbentDirectory = await mkdtemp(join(workDirectory, 'incumbent-'));
  try {
    await writeFiles(incumbentDirectory, await registry.fetch(current.pointer));
    const incumbent = await measureModel(incumbentDirectory, tests);
    const both = { candidate, incumbent: await loadArtefact(incumbentDirectory) };
    const ratio = costRatio(tests.engine, both, () => performance.now());
    const verdict = judge({ candidate: figures, incumbent: { figures: incumbent, costRatio: ratio } }, rules);
    return { verdict, figures, incumbent, from: current.revision };
  } finally {
    await rm(incumbentDirectory, { recursive: true, force: true });
  }
}

/** Publishes a candidate in the place of the incumbent at revision `from`. */
export async function publishJudged(
  { registry, candidateDirectory, version, introduction, privateKey, forcedBecause }: Omit<Candidacy, 'tests' | 'rules' | 'workDirectory'>,
  from: number | undefined,
): Promise<Published> {
  const files = withVersion(await readFiles(candidateDirectory), version);
  return registry.publish(files, {
    from,
    introduction,
    privateKey,
    note: forcedBecause,
    publishedAt: new Date().toISOString(),
  });
}

/** Writes the two files of an artefact into a folder. */
export async function writeFiles(directory: string, { manifestJson, weightsBytes }: ArtefactFiles): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, MANIFEST_FILE), manifestJson);
  await writeFile(join(directory, WEIGHTS_FILE), weightsBytes);
}

async function readFiles(directory: string): Promise<ArtefactFiles> {
  const manifestJson = await readFile(join(directory, MANIFEST_FILE), 'utf8');
  return { manifestJson, weightsBytes: new Uint8Array(await readFile(join(directory, WEIGHTS_FILE))) };
}

function withVersion(files: ArtefactFiles, version: string | undefined): ArtefactFiles {
  if (version === undefined) return files;
  const manifest = parseManifest({ ...parseManifest(JSON.parse(files.manifestJson)), version });
  return { ...files, manifestJson: `${JSON.stringify(manifest, undefined, 2)}\n` };
}
