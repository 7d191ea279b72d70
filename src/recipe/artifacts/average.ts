/** @file What stages `average/<run>` write: a model folder (`models/model-folder.ts`), described by `model.json`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ONNX_FILE } from '../../models/onnx-model.js';
import { filesIn } from '../../storage/written-files.js';
import { jsonArtifact, pathsIn, runAgain } from './json-artifact.js';

export const AVERAGE = { weights: 'model.safetensors', description: 'model.json' } as const;

export const averageFiles = (folder: string) => pathsIn(folder, AVERAGE);

/** The files that hold the weights: one, or of an ONNX model that and those beside it. */
export const modelFilesIn = (folder: string): string[] =>
  existsSync(join(folder, ONNX_FILE))
    ? filesIn(folder).filter((file) => file !== AVERAGE.description)
    : [AVERAGE.weights].filter((file) => existsSync(join(folder, file)));

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
