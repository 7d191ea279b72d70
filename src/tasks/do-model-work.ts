/** @file The functions of `model-work.ts`, from models, training and scoring; loaded when they are called. */
import type { FeatureOptions } from '../features/options.js';
import type { Library } from './model-work.js';

/** Of the features that all published models take. */
const FRAMES_PER_SECOND = 100;

export const realLibrary: Library = {
  async trainSystem({ model, engine, development, ...options }) {
    const [{ trainModel }, { createModel }, { createEngine }, { cosineScores }, { evaluateScores }] = await Promise.all(
      [
        import('../training/trainer.js'),
        import('../models/registry.js'),
        import('../engine/create-engine.js'),
        import('../scoring/backend/cosine.js'),
        import('../scoring/measures/evaluation.js'),
      ],
    );
    const { trials, utterances } = development;
    const where = 'the development trials';
    return trainModel({
      ...options,
      model: createModel(model),
      modelOptions: model,
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

  async openEmbedder({ modelDir, engine, utterances }) {
    const [{ readModelFolder, isOnnxFolder }, { createEmbedder }, { createEngine }] = await Promise.all([
      import('../models/model-folder.js'),
      import('../models/embedder.js'),
      import('../engine/create-engine.js'),
    ]);
    if (isOnnxFolder(modelDir)) {
      const { openOnnxFolder } = await import('./onnx-folder.js');
      return openOnnxFolder(modelDir, engine);
    }
    const { speakerModel, tensors, features, globalMean } = readModelFolder(modelDir);
    return {
      ...(await createEmbedder(await createEngine(engine), speakerModel, tensors, { utterances })),
      features: features as FeatureOptions | undefined,
      globalMean: globalMean && Float32Array.from(globalMean),
    };
  },

  async identityOf(modelDir) {
    const { isOnnxFolder, modelIdentity, readModelFolder } = await import('../models/model-folder.js');
    if (!isOnnxFolder(modelDir)) return modelIdentity(modelDir, readModelFolder(modelDir));
    const { onnxFolderIdentity } = await import('./onnx-folder.js');
    return onnxFolderIdentity(modelDir);
  },

  async importModel(options) {
    const { importAny } = await import('./import-any.js');
    return importAny(options);
  },

  async modelFigures(of, seconds) {
    const [{ createModel }, { parameterCount }, { readModelFolder, isOnnxFolder }] = await Promise.all([
      import('../models/registry.js'),
      import('../models/contract/model.js'),
      import('../models/model-folder.js'),
    ]);
    if ('modelDir' in of && isOnnxFolder(of.modelDir)) {
      const { figuresOfOnnxFolder } = await import('./onnx-folder.js');
      return figuresOfOnnxFolder(of.modelDir, seconds);
    }
    const model = 'modelDir' in of ? readModelFolder(of.modelDir).speakerModel : createModel(of);
    const macs = model.macs(Math.round(seconds * FRAMES_PER_SECOND));
    return { title: model.title, parameters: parameterCount(model), macs };
  },

  async takeModel(options) {
    const { takeModel } = await import('./take-model.js');
    return takeModel(options);
  },

  async measureExtraction(options) {
    const { measureExtractionCost } = await import('./extraction-cost.js');
    return measureExtractionCost(options);
  },
};
