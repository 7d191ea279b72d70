/** @file What a comparison of a recipe's systems needs, read from its finished stages: scores, trials, speakers, notes. */
import { dirname } from 'node:path';
import { corpusReaders } from '../../corpus/readers/registry.js';
import { readLabels } from '../../corpus/manifest/labels.js';
import { findEnrolment } from '../../corpus/trials/enrolment.js';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { trialFingerprint } from '../../corpus/trials/trial-fingerprint.js';
import { readTrials } from '../../corpus/trials/trials.js';
import type { ComparisonInput } from '../../report/comparison/comparison.js';
import { type Slice, sliceTrials } from '../../scoring/scores/slices.js';
import { speakerPairs, type SpeakerPairs } from '../../scoring/scores/speaker-pairs.js';
import { tableOfTrials, type TrialTable } from '../../scoring/scores/trial-table.js';
import { sidesFromManifest } from '../../tasks/score-files/trial-sides.js';
import type { Library } from '../../tasks/model-work.js';
import type { AverageOptions } from '../../training/average-options.js';
import { provenance } from '../artifacts/control-files.js';
import { COST_SECONDS } from '../artifacts/cost.js';
import { corpusRecord, prepFiles } from '../artifacts/prep.js';
import type { Recipe } from '../definition/schema.js';
import { isReady } from '../definition/ready-model.js';
import type { SystemSettings } from '../definition/system-settings.js';
import { trainingRuns } from '../definition/training-runs.js';
import { settingsUsedOnTest } from '../running/test-trial-use.js';
import type { Compared } from './chosen-systems.js';
import { readGuest } from './guest-systems.js';
import { trainingSizes } from './training-sizes.js';
import { describeNotes, readSystem, type ReadSystem } from './read-system.js';
import { describeHeardNoise } from './systems-robustness.js';

export interface ReadComparisonOptions {
  recipe: Recipe;
  settings: ReadonlyMap<string, SystemSettings>;
  compared: Compared;
  /** The folder of a stage. */
  folderOf(stage: string): string;
  library: Pick<Library, 'modelFigures'>;
}

/** What is compared, with the trials of all systems. */
export interface ReadComparison extends ComparisonInput {
  readonly speakers: SpeakerPairs;
  readonly trials: TrialTable;
}

/** What is said of one of the systems, with the names of both. */
export const claimOf = ({ claim, model, baseline }: Recipe) =>
  claim ? { system: model, baseline, ...claim } : undefined;

/** @param prep folder of that stage. @throws UserError where its trials have no such parts */
export function checkSlicesThere(slices: NonNullable<Recipe['slices']>, prep: string): void {
  const { table, manifest, list } = readTestTrials(prep);
  slicesOf(slices, table, { manifest, list });
}

/** The parts of the trials that a recipe names. @throws UserError where nothing is known that they are by */
function slicesOf(
  { by, labels }: NonNullable<Recipe['slices']>,
  table: TrialTable,
  { manifest, list }: { manifest: string; list: string },
): Slice[] {
  const source = { trials: list, ...(labels !== undefined && { labels: readLabels(labels) }) };
  const sides = sidesFromManifest(manifest, table, source);
  return by.flatMap((each) => sliceTrials(table, each, sides));
}

/** The test trials that stage `prep` wrote, with the speakers of each. */
export function readTestTrials(folder: string) {
  const { trials: list, manifest } = prepFiles(folder);
  const trials = readTrials(list);
  const table = tableOfTrials(trials);
  const speakerOf = new Map(readManifest(manifest).map(({ id, speaker }) => [id, speaker]));
  // A model speaks with the voice of its utterances.
  const models = findEnrolment(list, trials)?.enrolment ?? [];
  for (const [model, [first]] of models) speakerOf.set(model, speakerOf.get(first)!);
  return { list, manifest, trials, table, speakers: speakerPairs(table, speakerOf) };
}

/** Reads the scores of the systems that are compared, in the order named. */
export async function readComparison({
  recipe,
  settings,
  compared,
  folderOf,
  library: { modelFigures },
}: ReadComparisonOptions): Promise<ReadComparison> {
  const { names = Object.keys(recipe.systems), baseline = recipe.baseline, guests = [] } = compared;
  const { seed, systems, scoring } = recipe;
  const { list, manifest, trials, table, speakers } = readTestTrials(folderOf('prep'));
  const training = readManifest(manifest).filter(({ split }) => split === 'train');
  const sizes = trainingSizes(settings, new Set(training.map(({ speaker }) => speaker)).size);
  const own: ReadSystem[] = [];
  for (const name of names) {
    const { model } = systems[name];
    const ofNetwork = isReady(model) ? { trained: false } : { model };
    const options = { name, runs: trainingRuns(recipe, name), folderOf, trials: table, ...ofNetwork, scoring };
    own.push(await readSystem({ ...options, modelFigures, trainedOn: sizes.get(name) }));
  }
  const others: ReadSystem[] = [];
  for (const guest of guests) others.push(await readGuest(guest, { list, trials: table, modelFigures }));
  const { corpus, partial } = corpusRecord.read(folderOf('prep'));
  const trained = (name: string) => !isReady(systems[name].model);
  const averages = names.filter(trained).map((name) => settings.get(name)!.average);
  return {
    name: recipe.name,
    systems: [...own, ...others].map(({ system }) => system),
    baseline,
    labels: table.labels,
    speakers,
    trialsHash: trialFingerprint(trials),
    trials: table,
    seed,
    macsDuration: COST_SECONDS,
    claim: claimOf(recipe),
    protocol: corpusReaders[corpus]?.protocol,
    partial,
    ...(recipe.slices && { slices: slicesOf(recipe.slices, table, { manifest, list }) }),
    notes: [
      ...describeAverages(
        own.filter(({ system }) => trained(system.name)),
        averages,
      ),
      ...describeReady(names.filter((name) => !trained(name))),
      ...describeTestUse(dirname(folderOf('prep'))),
      ...describeCalibration(own),
      ...describeHeardNoise(recipe.robustness, names, settings),
      ...describeNotes([...own, ...others]),
    ],
  };
}

function describeReady(names: readonly string[]): string[] {
  return names.length > 0
    ? [
        `Not trained here, but taken as they are: ${names.join(', ')}. What they were trained on is not known here; check that it has none of the test speakers.`,
      ]
    : [];
}

function describeAverages(systems: readonly ReadSystem[], averages: readonly AverageOptions[]): string[] {
  if (systems.length === 0) return [];
  const counts = systems.map(({ system, averagedSteps }) => `${system.name} ${averagedSteps?.[0].length ?? '?'}`);
  const selections = averages.map(({ best }) => (best === null ? 'last' : 'best by development EER'));
  const alike = new Set(selections).size === 1;
  const list = counts.map((count, i) => (alike ? count : `${count} (${selections[i]})`)).join(', ');
  const how = alike ? ` (${selections[0]})` : '';
  return [
    `Each model is the average of checkpoints of one training${how}: ${list}. No test trial had a part in choosing them.`,
  ];
}

function describeCalibration(systems: readonly ReadSystem[]): string[] {
  const some = systems.some(({ system }) => system.runs.every(({ llrs }) => llrs));
  return some
    ? ["actDCF and Cllr judge each training's scores as log-likelihood ratios, calibrated on the development trials."]
    : [];
}

function describeTestUse(workFolder: string): string[] {
  const count = settingsUsedOnTest(provenance.readIfThere(workFolder)?.commands);
  return count > 1
    ? [
        `The test trials were scored under ${count} different settings in this experiment (provenance.json). Choosing among them by these figures would be choosing by test trials.`,
      ]
    : [];
}
