/** @file The recipe's `training.phases`: what of a training may differ from phase to phase. */
import { z } from 'zod';
import { augmentationOptions } from '../features/augmentation/options.js';
import { padPolicy } from './crop.js';
import { freezePatterns } from './freeze.js';
import { interTopKOptions } from './loss/inter-top-k.js';
import { optimizerOptions } from './optimisation/optimizer.js';
import { marginOptions, scheduleOptions } from './optimisation/schedule.js';

const phaseOptions = z.strictObject({
  /** Named in the log, in metrics.jsonl and in the report; absent: `phase 2`. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]*$/, 'expected a name of letters, digits, " ", ".", "_", "-"')
    .optional(),
  epochs: z.int().positive().optional(),
  batchSize: z.int().positive().optional(),
  balanced: z.boolean().optional(),
  cropsPerUtterance: z.int().positive().optional(),
  epochSize: z.int().positive().nullable().optional(),
  cropFrames: z.int().positive().optional(),
  pad: padPolicy.optional(),
  /** What of the loss may change: its parameters stay. */
  loss: z
    .strictObject({ margin: marginOptions.optional(), interTopK: interTopKOptions.nullable().optional() })
    .optional(),
  optimizer: optimizerOptions.optional(),
  schedule: scheduleOptions.optional(),
  /** Factor on the schedule's rates. */
  rateFactor: z.number().positive().optional(),
  /** null: none. What is drawn on line only, as the cache is made once for all phases. */
  augmentation: augmentationOptions.nullable().optional(),
  /** null: no layers. */
  freeze: freezePatterns.nullable().optional(),
});

/** The recipe's `training.phases`. */
export const phasesOptions = z.array(phaseOptions).min(1);
export type PhaseOptions = z.infer<typeof phaseOptions>;
