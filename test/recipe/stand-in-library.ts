/**
 * @file Training and network for tests of the stages, without either: nothing is learnt, and an embedding is a mean.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { float32 } from '../../src/engine/program/host-tensor.js';
import type { Library, TrainSystemOptions } from '../../src/tasks/model-work.js';
import { realLibrary } from '../../src/tasks/do-model-work.js';
import { writeSafetensors } from '../../src/storage/safetensors.js';
import { saveCheckpoint } from '../../src/training/checkpoint.js';

/** Its embedding is the mean of the features: enough to tell synthetic voices apart. */
export const standInLibrary = (onTrain: (options: TrainSystemOptions) => void = () => undefined): Library => ({
  trainSystem: async (options) => {
    onTrain(options);
    const value = options.training.epochs;
    const model = { weight: float32([1], Float32Array.of(value)) };
    await saveCheckpoint(options.dir, { model, optimizer: model, state: { step: value, devEer: 0.1 } });
    return { steps: value, devEer: 0.1, bestDevEer: 0.1 };
  },
  averageSystem: ({ dir }) => {
    mkdirSync(dir, { recursive: true });
    writeSafetensors(join(dir, 'model.safetensors'), { weight: float32([1]) });
    writeFileSync(join(dir, 'model.json'), '{"origin":{"averagedSteps":[1]}}');
    return Promise.resolve({ steps: [1] });
  },
  openEmbedder: () =>
    Promise.resolve({
      bins: 80,
      minFrames: 1,
      embed: ({ frames, bins, data }) =>
        Promise.resolve(
          Float32Array.from({ length: bins }, (_, bin) => {
            let sum = 0;
            for (let frame = 0; frame < frames; frame++) sum += data[frame * bins + bin];
            return sum / frames;
          }),
        ),
      close: () => Promise.resolve(),
    }),
  identityOf: (modelDir) => Promise.resolve(`stand-in ${modelDir}`),
  importModel: () => Promise.reject(new Error('not used')),
  modelFigures: realLibrary.modelFigures,
  takeModel: realLibrary.takeModel,
  measureExtraction: ({ lengths, engine }) =>
    Promise.resolve({
      threads: engine.threads ?? 1,
      idleBytes: 5e7,
      lengths: lengths.map((seconds) => ({ seconds, realTimeFactor: 0.01, peakBytes: 1e8 })),
    }),
});
