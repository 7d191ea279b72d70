/**
 * @file The stages of a recipe, in order:
 *
 *     prep → features → for each run of each system: train → average → embed → (embed-train) → score → score-dev → model
 *         → calibrate → (robustness) → (ablation) → (for each system: cost → compare) → report
 *
 * One file a stage (`stage-*.ts`); what they need from each other is in their `needs`. Recipes that choose among
 * systems have `ablation`; with `evaluate: development` nothing that reads the test trials is there (`forTest`).
 */
import { join } from 'node:path';
import type { Library } from '../../tasks/model-work.js';
import type { Compared } from '../comparison/chosen-systems.js';
import { choosesByDevelopment } from '../definition/grid.js';
import type { EmbeddingWork } from '../definition/embedding-work.js';
import type { Recipe } from '../definition/schema.js';
import { inOrderOfStart } from '../definition/initial-models.js';
import { resolveSystems } from '../definition/system-settings.js';
import { byKind, stagesOfRun, trainingRuns } from '../definition/training-runs.js';
import type { Stage } from '../running/stage.js';
import { ablationStage } from './stage-ablation.js';
import { averageStage } from './stage-average.js';
import { calibrateStage } from './stage-calibrate.js';
import { compareStage } from './stage-compare.js';
import { compareFoldsStage, type FinishedFold } from './stage-compare-folds.js';
import { costStage } from './stage-cost.js';
import { needsTraining } from '../../scoring/backend/backend-options.js';
import { embedStage } from './stage-embed.js';
import { embeddingsStage } from './stage-embeddings.js';
import { embedTrainStage } from './stage-embed-train.js';
import { featuresStages } from './stage-features.js';
import { modelStage } from './stage-model.js';
import { prepStage } from './stage-prep.js';
import { reportStage } from './stage-report.js';
import { robustnessStage } from './stage-robustness.js';
import { scoreStage } from './stage-score.js';
import { scoreDevStage } from './stage-score-dev.js';
import { takeModelStage } from './stage-take-model.js';
import { trainStage } from './stage-train.js';
import type { Work } from './work.js';

export interface StagesOptions {
  recipe: Recipe;
  /** `exp/<recipe>`; made audio is kept in it, beside the stages. */
  workFolder: string;
  /** What `compare` compares (default: all systems with the recipe's baseline). */
  compared?: Compared;
  library: Library;
}

export function createStages({ recipe, workFolder, compared = {}, library }: StagesOptions): Stage[] {
  const settings = resolveSystems(recipe);
  const names = [...settings.keys()];
  // Every system once before any of them twice: an interrupted recipe then has something to compare.
  const bySeed = names
    .flatMap((name) => trainingRuns(recipe, name).map((run) => ({ ...run, settings: settings.get(name)! })))
    .sort((a, b) => a.seed - b.seed || names.indexOf(a.system) - names.indexOf(b.system));
  const runs = inOrderOfStart(recipe, bySeed);
  const stages = [
    prepStage(recipe, join(workFolder, 'audio')),
    ...featuresStages(recipe, settings.values()),
    ...runs.flatMap((run) => [
      ...byKind(run, {
        trained: (each) => [trainStage(recipe, each, library), averageStage(recipe, each, library)],
        ready: (each) => [takeModelStage(each, library)],
      }),
      embedStage(recipe, run, library),
      ...(needsTraining(recipe.scoring) ? [embedTrainStage(recipe, run, library)] : []),
      scoreStage(recipe, run),
      scoreDevStage(recipe, run, library),
      ...byKind(run, { trained: (each) => [modelStage(recipe, each, library)], ready: () => [] }),
      calibrateStage(run),
      ...(recipe.robustness ? [robustnessStage(recipe, recipe.robustness, run, library)] : []),
    ]),
    ...(choosesByDevelopment(recipe) ? [ablationStage(recipe, { settings, chosen: compared.names }, library)] : []),
    ...names.map((name) => costStage(recipe, trainingRuns(recipe, name)[0], library)),
    compareStage(recipe, { settings, compared }, library),
    reportStage(recipe, compared, workFolder),
  ];
  return recipe.evaluate === 'test' ? stages : stages.filter(({ forTest }) => !forTest);
}

/** What is made of all folds of a recipe, in a work folder above theirs. */
export const createFoldStages = (
  folds: readonly FinishedFold[],
  compared: Compared,
  library: Pick<Library, 'modelFigures'>,
): Stage[] => [compareFoldsStage(folds, compared, library)];

/** What embeds utterances without a recipe. */
export const createEmbeddingStages = (
  work: EmbeddingWork,
  library: Pick<Library, 'openEmbedder' | 'identityOf'>,
): Stage[] => [embeddingsStage(work, library)];

export const stagesOf = (work: Work, workFolder: string, library: Library): Stage[] =>
  'recipe' in work ? createStages({ ...work, workFolder, library }) : createEmbeddingStages(work.embedding, library);

/** What a run of the whole recipe is for, and what it shows. */
export const finalStages = (recipe: Recipe, { names }: Compared = {}): string[] => [
  ...(choosesByDevelopment(recipe) ? ['ablation'] : []),
  ...(recipe.evaluate === 'test' ? ['compare'] : []),
  'report',
  // A recipe that chooses has many systems: a folder is made of one when it is asked for.
  ...(choosesByDevelopment(recipe)
    ? []
    : Object.keys(recipe.systems)
        .filter((system) => names?.includes(system) ?? true)
        .flatMap((system) => trainingRuns(recipe, system).flatMap((run) => stagesOfRun(recipe, run, ['model'])))),
];
