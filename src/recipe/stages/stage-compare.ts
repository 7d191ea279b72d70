/**
 * @file Stage `compare`: what the systems cost and how well they verify, against the baseline, on the same trials.
 *
 * A system's figures are means over its runs. MACs are counted and time and memory measured (stage `cost`) for an
 * utterance of 3 s. Intervals come from resampling speakers, and from the seeds where there are several.
 */
import { basename, dirname } from 'node:path';
import { findEnrolment } from '../../corpus/trials/enrolment.js';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { trialFingerprint } from '../../corpus/trials/trial-fingerprint.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { corpusReaders } from '../../corpus/readers/registry.js';
import { addRobustness, compareSystems, type Comparison } from '../../report/comparison/comparison.js';
import { writeComparison } from '../../report/comparison/comparison-files.js';
import { speakerPairs } from '../../scoring/scores/speaker-pairs.js';
import { tableOfTrials } from '../../scoring/scores/trial-table.js';
import { fileSha256 } from '../../storage/hashing.js';
import { describeNotes, readSystem, type ReadSystem } from '../comparison/read-system.js';
import { describeHeardNoise, readSystemsRobustness } from '../comparison/systems-robustness.js';
import { guestFingerprint, readGuest } from '../comparison/guest-systems.js';
import type { Library } from '../../tasks/model-work.js';
import type { AverageOptions } from '../../training/average-options.js';
import { compareFiles } from '../artifacts/compare.js';
import { provenance } from '../artifacts/control-files.js';
import { COST_SECONDS } from '../artifacts/cost.js';
import { corpusRecord, prepFiles } from '../artifacts/prep.js';
import { comparingStages, type Compared } from '../comparison/chosen-systems.js';
import type { Recipe } from '../definition/schema.js';
import type { SystemSettings } from '../definition/system-settings.js';
import type { Stage } from '../running/stage.js';
import { settingsUsedOnTest } from '../running/test-trial-use.js';
import { trainingRuns } from '../definition/training-runs.js';

export function compareStage(
  recipe: Recipe,
  { settings, compared }: { settings: ReadonlyMap<string, SystemSettings>; compared: Compared },
  { modelFigures }: Pick<Library, 'modelFigures'>,
): Stage {
  const { names = Object.keys(recipe.systems), baseline = recipe.baseline, guests = [] } = compared;
  const { seed, systems, scoring, claim } = recipe;
  const runs = names.flatMap((name) => trainingRuns(recipe, name));
  const claimed = claim ? { system: recipe.model, baseline: recipe.baseline, ...claim } : undefined;
  return {
    name: comparingStages(compared).compare,
    forTest: true,
    needs: [
      'prep',
      ...runs.flatMap(({ name }) => ['train', 'average', 'score', 'calibrate'].map((stage) => `${stage}/${name}`)),
      ...names.map((name) => `cost/${trainingRuns(recipe, name)[0].name}`),
      ...(recipe.robustness ? runs.map(({ name }) => `robustness/${name}`) : []),
    ],
    get settings() {
      return {
        baseline,
        systems: names,
        models: names.map((name) => systems[name].model),
        ...(claimed && { claim: claimed }),
        ...(guests.length > 0 && { guests: guests.map(guestFingerprint) }),
      };
    },
    version: 7,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, log, progress }) {
      const { trials: list, manifest } = prepFiles(folderOf('prep'));
      const trials = readTrials(list);
      const table = tableOfTrials(trials);
      const utterances = readManifest(manifest);
      const speakerOf = new Map(utterances.map(({ id, speaker }) => [id, speaker]));
      // A model speaks with the voice of its utterances.
      const models = findEnrolment(list, trials)?.enrolment ?? [];
      for (const [model, [first]] of models) speakerOf.set(model, speakerOf.get(first)!);
      const own: ReadSystem[] = [];
      for (const name of names) {
        const { model } = systems[name];
        const options = { name, runs: trainingRuns(recipe, name), folderOf, trials: table, model, scoring };
        own.push(await readSystem({ ...options, modelFigures }));
      }
      const others: ReadSystem[] = [];
      for (const guest of guests) others.push(await readGuest(guest, { list, trials: table, modelFigures }));
      const speakers = speakerPairs(table, speakerOf);
      const { corpus, partial } = corpusRecord.read(folderOf('prep'));
      const whole = compareSystems({
        name: recipe.name,
        systems: [...own, ...others].map(({ system }) => system),
        baseline,
        labels: table.labels,
        speakers,
        trialsHash: trialFingerprint(trials),
        seed,
        macsDuration: COST_SECONDS,
        claim: claimed,
        protocol: corpusReaders[corpus]?.protocol,
        partial,
        onProgress: (done, total) => progress('resample speakers', done, total),
        notes: [
          describeAverages(
            own,
            names.map((name) => settings.get(name)!.average),
          ),
          ...describeTestUse(dirname(folder)),
          ...describeCalibration(own),
          ...describeHeardNoise(recipe.robustness, names, settings),
          ...describeNotes([...own, ...others]),
        ],
      });
      const tested = recipe.robustness && readSystemsRobustness(recipe, names, { folderOf, trials: table });
      const comparison: Comparison = tested
        ? addRobustness(whole, tested, { labels: table.labels, speakers, seed })
        : whole;
      const paths = writeComparison(folder, comparison);
      log(`  written: ${paths.join(', ')}`);
      return {
        outputHash: await fileSha256(compareFiles(folder).comparison),
        outputs: paths.map((path) => basename(path)),
        summary: comparison.systems.map(({ name, eer }) => `${name} ${(100 * eer).toFixed(2)} %`).join(', '),
      };
    },
  };
}

function describeAverages(systems: readonly ReadSystem[], averages: readonly AverageOptions[]): string {
  const counts = systems.map(({ system, averagedSteps }) => `${system.name} ${averagedSteps?.[0].length ?? '?'}`);
  const selections = averages.map(({ best }) => (best === null ? 'last' : 'best by development EER'));
  const alike = new Set(selections).size === 1;
  const list = counts.map((count, i) => (alike ? count : `${count} (${selections[i]})`)).join(', ');
  const how = alike ? ` (${selections[0]})` : '';
  return `Each model is the average of checkpoints of one training${how}: ${list}. No test trial had a part in choosing them.`;
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
