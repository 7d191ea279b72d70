/**
 * @file Stage `ablation`: the variants of a recipe's grid in one table, chosen by development EER → `ablation.json`,
 * `.csv`, `.txt`, `.md`. A recipe without a grid that does not use its test trials yet has all its systems in one axis.
 */
import { join } from 'node:path';
import { findEnrolment } from '../../corpus/trials/enrolment.js';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { type AblationTrials, createAblation } from '../../report/comparison/ablation.js';
import { writeAblation } from '../../report/comparison/ablation-files.js';
import { formatPercent } from '../../report/text/number-format.js';
import { joinScores, readScores } from '../../scoring/scores/scores-file.js';
import { speakerPairs } from '../../scoring/scores/speaker-pairs.js';
import { tableOfTrials } from '../../scoring/scores/trial-table.js';
import { fileSha256 } from '../../storage/hashing.js';
import { ablationFiles } from '../artifacts/ablation.js';
import { COST_SECONDS } from '../artifacts/cost.js';
import { corpusRecord, prepFiles } from '../artifacts/prep.js';
import { scoreFiles } from '../artifacts/score.js';
import { gridOf, variedSystem, type GridAxis } from '../definition/grid.js';
import type { Library } from '../../tasks/model-work.js';
import type { Recipe } from '../definition/schema.js';
import { isReady, modelIdentity } from '../definition/ready-model.js';
import { epochsOfLastPhase } from '../../training/phases.js';
import { withinEpochs, type SystemSettings } from '../definition/system-settings.js';
import type { Stage, StageContext } from '../running/stage.js';
import { trainingRuns } from '../definition/training-runs.js';

/** @param chosen the systems that are shown, beside the base; default: all */
export function ablationStage(
  recipe: Recipe,
  { settings, chosen }: { settings: ReadonlyMap<string, SystemSettings>; chosen: readonly string[] | undefined },
  { modelFigures }: Pick<Library, 'modelFigures'>,
): Stage {
  const { base, axes } = shownAxes(recipe, chosen);
  const systems = [...new Set([base, ...axes.flatMap(({ variants }) => variants.map(({ system }) => system))])];
  const tested = recipe.evaluate === 'test';
  const runsOf = (system: string) => trainingRuns(recipe, system).map(({ name }) => name);
  const runs = systems.flatMap(runsOf);
  return {
    name: 'ablation',
    forTest: tested,
    needs: [
      'prep',
      ...runs.flatMap((run) => [`score-dev/${run}`, ...(tested ? [`score/${run}`] : [])]),
      ...systems.filter((system) => isReady(recipe.systems[system].model)).map((system) => `average/${system}`),
    ],
    settings: {
      base,
      axes,
      seed: recipe.seed,
      models: systems.map((system) => modelIdentity(recipe.systems[system].model)),
      runs: systems.map((system) => runsOf(system).length),
    },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run(context) {
      const { folder, folderOf, log } = context;
      const models = new Map<string, Awaited<ReturnType<Library['modelFigures']>>>();
      for (const system of systems) {
        const { model } = recipe.systems[system];
        const of = isReady(model) ? { modelDir: folderOf(`average/${system}`) } : model;
        models.set(system, await modelFigures(of, COST_SECONDS));
      }
      const ablation = createAblation({
        name: recipe.name,
        base,
        axes,
        models,
        development: readTrialScores(context, 'devTrials', 'score-dev'),
        ...(tested && { test: readTrialScores(context, 'trials', 'score') }),
        macsDuration: COST_SECONDS,
        seed: recipe.seed,
        notes: describeSettings(systems.map((system) => settings.get(system)!)),
        partial: corpusRecord.read(folderOf('prep')).partial,
      });
      const outputs = writeAblation(folder, ablation);
      log(`  written: ${outputs.map((file) => join(folder, file)).join(', ')}`);
      const best = ablation.axes.map(({ name, rows }) => {
        const row = rows.find((each) => each.best)!;
        return `${name} ${row.label} ${formatPercent(row.development.eer)}`;
      });
      return {
        outputHash: await fileSha256(ablationFiles(folder).ablation),
        outputs,
        summary: `lowest development EER: ${best.join(', ')}`,
      };
    },
  };

  function readTrialScores({ folderOf }: StageContext, kind: 'trials' | 'devTrials', stage: string): AblationTrials {
    const prep = prepFiles(folderOf('prep'));
    const list = prep[kind];
    const trials = readTrials(list);
    const table = tableOfTrials(trials);
    const utterances = readManifest(prep.manifest);
    const speakerOf = new Map(utterances.map(({ id, speaker }) => [id, speaker]));
    // A model speaks with the voice of its utterances.
    const enrolled = findEnrolment(list, trials)?.enrolment ?? [];
    for (const [model, [first]] of enrolled) speakerOf.set(model, speakerOf.get(first)!);
    const scoresOf = (run: string) => {
      const path = scoreFiles(folderOf(`${stage}/${run}`)).scores;
      return joinScores(readScores(path), table, path);
    };
    return {
      labels: table.labels,
      speakers: speakerPairs(table, speakerOf),
      scores: new Map(systems.map((system) => [system, runsOf(system).map(scoresOf)])),
    };
  }
}

/** What the recipe varies, as far as it is wanted. */
function shownAxes(recipe: Recipe, chosen: readonly string[] | undefined): { base: string; axes: GridAxis[] } {
  const names = Object.keys(recipe.systems);
  const grid = gridOf(recipe) ?? {
    base: variedSystem(recipe),
    axes: [{ name: 'system', variants: names.map((name) => ({ label: name, system: name })) }],
  };
  if (!chosen) return grid;
  const axes = grid.axes
    .map(({ name, variants }) => ({
      name,
      variants: variants.filter(({ system }) => chosen.includes(system) || system === grid.base),
    }))
    .filter(({ variants }) => variants.some(({ system }) => system !== grid.base));
  return { base: grid.base, axes: axes.length > 0 ? axes : [{ name: 'system', variants: [{ label: grid.base, system: grid.base }] }] }; // prettier-ignore
}

/** Averaging, where it is the same for all. */
function describeSettings(systems: readonly SystemSettings[]): string[] {
  const averages = systems.map(({ average, training }) => withinEpochs(average, epochsOfLastPhase(training)));
  const [{ last, best }] = averages;
  if (averages.some((average) => average.last !== last || average.best !== best)) return [];
  return [
    best === null
      ? `each model averages the last ${last} checkpoints of its training`
      : `each model averages the ${best} checkpoints with the lowest development EER of its training`,
  ];
}
