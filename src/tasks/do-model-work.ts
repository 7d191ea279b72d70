/** @file The functions of `model-work.ts`, from models, training and scoring; loaded when they are called. */
import type { FeatureOptions } from '../features/options.js';
import type { Library } from './model-work.js';

export const realLibrary: Library = {
  async trainSystem({ model, engine, development, initial, ...options }) {
    const [
      { trainModel },
      { readInitialModel },
      { createModel },
      { createEngine },
      { cosineScores },
      { evaluateScores },
    ] = await Promise.all([
      import('../training/trainer.js'),
      import('../training/initial-model.js'),
      import('../models/registry.js'),
      import('../engine/create-engine.js'),
      import('../scoring/backend/cosine.js'),
      import('../scoring/measures/evaluation.js'),
    ]);
    const { trials, utterances } = development;
    const where = 'the development trials';
    return trainModel({
      ...options,
      model: createModel(model),
      modelOptions: model,
      ...(initial && { initial: readInitialModel(initial) }),
      engine: await createEngine(engine),
      development: {
        ids: utterances.map(({ id }) => id),
        score: (embeddings) => evaluateScores(cosineScores(embeddings, trials, { where }), trials, { where }).eer,
      },
    });
  },

  async averageSystem({ engine, ...options }) {
    const [{ averageCheckpoints }, { createEngine }] = await Promise.all([
      import('../training/average-checkpoints.js'),
      import('../engine/create-engine.js'),
    ]);
    return averageCheckpoints({ ...options, engine: await createEngine(engine) });
  },

  async openEmbedder({ modelDir, engine }) {
    const [{ readModelFolder }, { createEmbedder }, { createEngine }] = await Promise.all([
      import('../models/model-folder.js'),
      import('../models/embedder.js'),
      import('../engine/create-engine.js'),
    ]);
    const { speakerModel, tensors, features, globalMean } = readModelFolder(modelDir);
    return {
      ...(await createEmbedder(await createEngine(engine), speakerModel, tensors)),
      features: features as FeatureOptions | undefined,
      globalMean: globalMean && Float32Array.from(globalMean),
    };
  },

  async identityOf(modelDir) {
    const { modelIdentity, readModelFolder } = await import('../models/model-folder.js');
    return modelIdentity(modelDir, readModelFolder(modelDir));
  },

  async importModel(options) {
    const { importModel } = await import('../models/import-weights.js');
    return importModel(options);
  },

  async modelFigures(options, frames) {
    const [{ createModel }, { parameterCount }] = await Promise.all([
      import('../models/registry.js'),
      import('../models/contract/model.js'),
    ]);
    const model = createModel(options);
    return { title: model.title, parameters: parameterCount(model), macs: model.macs(frames) };
  },

  async measureExtraction(options) {
    const { measureExtractionCost } = await import('./extraction-cost.js');
    return measureExtractionCost(options);
  },
};
