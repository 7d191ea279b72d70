/** @file The functions of `library.ts`, from training and scoring; loaded when they are called. */
import { internal } from '../errors.js';
import type { Library } from './library.js';

const missing = (name: string) => () => Promise.reject(internal(`${name} is not wired yet`));

export const realLibrary: Library = {
  trainSystem: missing('trainSystem'),
  averageSystem: missing('averageSystem'),
  openEmbedder: missing('openEmbedder'),
  importModel: missing('importModel'),
  modelFigures: async (options, frames) => {
    const [{ createModel }, { parameterCount }] = await Promise.all([
      import('../models/registry.js'),
      import('../models/model.js'),
    ]);
    const model = createModel(options);
    return { title: model.title, parameters: parameterCount(model), macs: model.macs(frames) };
  },
};
