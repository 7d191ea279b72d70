/** @file Models that are not trained here, as a recipe names them: an ONNX file, or a model folder. */
import { z } from 'zod';
import { onnxModelOptions } from './onnx-model.js';

export const readyModelOptions = {
  onnx: onnxModelOptions,
  folder: z.strictObject({ type: z.literal('folder'), dir: z.string().min(1) }),
};

/** A model that is not trained here. */
export type ReadyModel = z.infer<(typeof readyModelOptions)[keyof typeof readyModelOptions]>;
