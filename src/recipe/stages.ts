/**
 * @file The stages of a recipe, in order:
 *
 *     prep → features → for each system: train → average → embed → (embed-train) → score → compare
 *
 * One file a stage (`stage-*.ts`); what they need from each other is in their `needs`.
 */
import { join } from 'node:path';
import type { Library } from './library.js';
import type { Recipe } from './schema.js';
import { averageStage } from './stage-average.js';
import { compareStage } from './stage-compare.js';
import { needsTraining } from '../scoring/backend-options.js';
import { embedStage } from './stage-embed.js';
import { embedTrainStage } from './stage-embed-train.js';
import { featuresStage } from './stage-features.js';
import { prepStage } from './stage-prep.js';
import type { Stage } from './stage-runner.js';
import { scoreStage } from './stage-score.js';
import { trainStage } from './stage-train.js';

export interface StagesOptions {
  recipe: Recipe;
  /** `exp/<recipe>`; made audio is kept in it, beside the stages. */
  workFolder: string;
  /** The systems that `compare` compares (default: all). */
  compared?: string[];
  library: Library;
}

export function createStages({ recipe, workFolder, compared, library }: StagesOptions): Stage[] {
  const names = Object.keys(recipe.systems);
  return [
    prepStage(recipe, join(workFolder, 'audio')),
    featuresStage(recipe),
    ...names.flatMap((name) => [
      trainStage(recipe, name, library),
      averageStage(recipe, name, library),
      embedStage(recipe, name, library),
      ...(needsTraining(recipe.scoring) ? [embedTrainStage(recipe, name, library)] : []),
      scoreStage(recipe, name),
    ]),
    compareStage(recipe, compared ?? names, library),
  ];
}
