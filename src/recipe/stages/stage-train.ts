/**
 * @file Stage `train/<run>`: feature cache → checkpoints. An interrupted run goes on from its newest checkpoint.
 *
 * Log intervals, the spacing of checkpoints and the number of loader threads do not change what is learnt, so they are
 * not among the settings that make a run out of date. Neither are threads and device: a finished training is not repeated
 * on another machine.
 */
import { join } from 'node:path';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { augmentationIdentity } from '../../features/augmentation/augmentation-identity.js';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import { listCheckpoints } from '../../training/checkpoint.js';
import type { Library } from '../../tasks/model-work.js';
import type { Recipe } from '../definition/schema.js';
import type { Stage } from '../running/stage-runner.js';
import { systemSettings } from '../definition/system-settings.js';
import type { TrainingRun } from '../definition/training-runs.js';

export function trainStage(recipe: Recipe, run: TrainingRun, { trainSystem }: Pick<Library, 'trainSystem'>): Stage {
  const { name, system, seed } = run;
  const { model, training, features, augmentation, featuresStage } = systemSettings(recipe, system);
  const { logEvery: _, loaderThreads: ___, checkpoint, ...learning } = training;
  const { everySteps: __, ...retention } = checkpoint;
  return {
    name: `train/${name}`,
    needs: ['prep:training', `${featuresStage}:training`],
    get settings() {
      return {
        model,
        training: { ...learning, checkpoint: retention },
        seed,
        engine: recipe.engine.name,
        ...(augmentation && { augmentation: augmentationIdentity(augmentation) }),
      };
    },
    version: 1,
    whenChanged: 'set aside',
    resumable: true,
    async run({ folder, folderOf, inputHash, ...reporting }) {
      const utterances = readManifest(join(folderOf('prep'), 'manifest.jsonl'));
      const { steps, devEer } = await trainSystem({
        ...reporting,
        name,
        model,
        training,
        features,
        augmentation,
        engine: recipe.engine,
        seed,
        cacheDir: folderOf(featuresStage),
        utterances: utterances.filter(({ split }) => split === 'train'),
        development: {
          utterances: utterances.filter(({ split }) => split === 'dev'),
          trials: readTrials(join(folderOf('prep'), 'dev-trials.txt')),
        },
        dir: folder,
        configHash: inputHash,
      });
      reporting.signal?.throwIfAborted();
      const checkpoints = listCheckpoints(folder).map(({ dir }) => join(dir, 'model.safetensors'));
      const hashes = await Promise.all(checkpoints.map(fileSha256));
      return {
        outputHash: sha256Hex(...hashes),
        outputs: checkpoints.map((path) => path.slice(folder.length + 1)),
        summary: `${steps} steps${devEer === null ? '' : `, development EER ${(100 * devEer).toFixed(2)} %`}`,
      };
    },
  };
}
