/**
 * @file What a recipe may say. The options of each part live with the part (features, models, readers, schedules); here
 * they are put together. Unknown keys are errors everywhere.
 *
 * Durations and rates are the parts' own; times are in the unit that the part's documentation names. Sections that a
 * recipe leaves out get the defaults below.
 */
import { z } from 'zod';
import { developmentOptions } from '../../corpus/trials/development.js';
import { corpusOptions, protocols } from '../../corpus/readers/registry.js';
import { engineOptions } from '../../engine/create-engine.js';
import { augmentationOptions, type AugmentationOptions } from '../../features/augmentation/options.js';
import { featureOptions, type FeatureOptions } from '../../features/options.js';
import { scoringOptions } from '../../scoring/backend/backend-options.js';
import { averageOptions, type AverageOptions } from '../../training/average-options.js';
import { trainingOptions, type TrainingOptions } from '../../training/training-options.js';
import { executorOptions } from './executor-options.js';
import type { Grid } from './grid.js';
import { systemModelOptions, type SystemModel } from './ready-model.js';
import { inspectOption } from '../../tasks/corpus/inspect-corpus.js';
import { sliceOptions } from './slice-options.js';
import { robustnessOptions } from './robustness-options.js';

/** The recipe's `report` section. */
const reportOptions = z.strictObject({
  /** Audio of the worst trials in the page; absent: where acanet knows that it may be passed on. */
  audio: z.boolean().optional(),
});

/** Names are also those of folders. */
export const systemName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a name of letters, digits, ".", "_", "-"');

/** The name of a system, or of a variant that a grid makes. */
const anySystemName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*(\+[A-Za-z0-9._-]+=[A-Za-z0-9._-]+)*$/,
    'expected a name of letters, digits, ".", "_", "-"',
  )
  .refine((name) => !name.endsWith('.previous'), 'names in ".previous" are those of results that are being replaced');

/** Every section but those of systems that lie over the recipe's, which are checked once they do. */
export const recipeSchema = z.strictObject({
  name: systemName,
  seed: z.int().min(0).default(1),
  /** Trainings of each system, with this seed and those after it; figures are then means over them. */
  seeds: z.int().min(1).max(100).default(1),
  corpus: corpusOptions,
  development: developmentOptions,
  inspect: inspectOption,
  features: featureOptions,
  /** Of the training data; null: none. */
  augmentation: augmentationOptions.nullable().default(null),
  systems: z.record(
    anySystemName,
    z.strictObject({
      model: systemModelOptions,
      training: z.unknown(),
      features: z.unknown().optional(),
      augmentation: z.unknown().optional(),
      average: z.unknown().optional(),
      seeds: z.int().min(1).max(100).optional(),
      /** Another system, over which this one is laid. */
      extends: z.string().optional(),
    }),
  ),
  /** Variants of one system, made into systems when the recipe is loaded. */
  grid: z.unknown().optional(),
  /** development: the test trials are not scored, and systems are compared on the development trials. */
  evaluate: z.enum(['test', 'development']).default('test'),
  /** The system that `train`, `embed` and `score` mean unless told otherwise. */
  model: z.string(),
  /** What `compare baseline` compares it with. */
  baseline: z.string(),
  /** What is said of `model` against `baseline`, for `compare` to hold against the result. */
  claim: z
    .strictObject({
      /** Change of the EER as a fraction: -0.05 is 5 % fewer errors, 0.05 at most 5 % more. */
      eer: z.number().min(-1),
      /** Parameters as a share of the baseline's. */
      parameters: z.number().positive().optional(),
      /** Whose claim it is. */
      source: z.string().min(1).optional(),
      /**
       * The published protocol that it is about; on other trials, or a part of it, it is not tested. Absent: any
       * trials.
       */
      protocol: z.enum(protocols).optional(),
    })
    .nullable()
    .optional(),
  training: trainingOptions,
  average: averageOptions,
  scoring: scoringOptions.prefault({}),
  engine: engineOptions.prefault({}),
  report: reportOptions.optional(),
  /** Parts of the test trials on which systems are compared too; absent: none. */
  slices: sliceOptions.nullable().optional(),
  /** Worse conditions that the finished systems are tested under; absent: none. */
  robustness: robustnessOptions.nullable().optional(),
  /** Where the work is done; absent: on this machine, or where the user's site file says. */
  executor: executorOptions.optional(),
});

export interface SystemRecipe {
  model: SystemModel;
  training: TrainingOptions;
  /** Its own, where they differ from the recipe's (`system-settings.ts`). */
  features?: FeatureOptions;
  augmentation?: AugmentationOptions | null;
  average?: AverageOptions;
  /** Trainings of this system; absent: as many as the recipe's `seeds`. */
  seeds?: number;
}

/** A recipe with everything filled in. */
export interface Recipe extends Omit<z.infer<typeof recipeSchema>, 'systems' | 'grid'> {
  systems: Record<string, SystemRecipe>;
  grid?: Grid;
}
