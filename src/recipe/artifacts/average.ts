/** @file What stages `average/<run>` write: a model folder (`models/model-folder.ts`), described by `model.json`. */
import { z } from 'zod';
import { jsonArtifact, pathsIn, runAgain } from './json-artifact.js';

export const AVERAGE = { weights: 'model.safetensors', description: 'model.json' } as const;

export const averageFiles = (folder: string) => pathsIn(folder, AVERAGE);

/** As far as a comparison needs it. */
export const modelDescription = jsonArtifact(AVERAGE.description, {
  schema: z.object({
    /** Its options, as `models/registry.ts` reads them. */
    model: z.object({ type: z.string() }).optional(),
    origin: z.object({
      /** The steps of the checkpoints that were averaged. */
      averagedSteps: z.array(z.number()).optional(),
    }),
  }),
  remedy: runAgain('average'),
});
