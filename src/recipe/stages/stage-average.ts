/** @file Stage `average/<run>`: the last or the best checkpoints → one model folder. */
import { join } from 'node:path';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { fileSha256 } from '../../storage/hashing.js';
import type { Library } from '../../tasks/model-work.js';
import type { AverageOptions } from '../../training/average-options.js';
import type { Recipe } from '../definition/schema.js';
import type { Stage } from '../running/stage-runner.js';
import { systemSettings } from '../definition/system-settings.js';
import type { TrainingRun } from '../definition/training-runs.js';

export function averageStage(
  recipe: Recipe,
  run: TrainingRun,
  { averageSystem }: Pick<Library, 'averageSystem'>,
): Stage {
  const { name, system, seed } = run;
  const { model, training, features, augmentation, average: chosen, featuresStage } = systemSettings(recipe, system);
  const { engine } = recipe;
  const average = withinEpochs(chosen, training.epochs);
  return {
    name: `average/${name}`,
    needs: ['prep:training', `${featuresStage}:training`, `train/${name}`],
    settings: { average, model, features },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, inputHash: _, ...reporting }) {
      const utterances = readManifest(join(folderOf('prep'), 'manifest.jsonl'));
      const wanted = chosen.best ?? chosen.last ?? 0;
      if (wanted > training.epochs) {
        reporting.log(
          `  ${wanted} checkpoints were to be averaged, but a training of ${training.epochs} epochs has no more`,
        );
      }
      const { steps } = await averageSystem({
        ...reporting,
        name,
        model,
        average,
        training,
        features,
        augmentation,
        engine,
        seed,
        trainDir: folderOf(`train/${name}`),
        cacheDir: folderOf(featuresStage),
        utterances: utterances.filter(({ split }) => split === 'train'),
        dir: folder,
      });
      return {
        outputHash: await fileSha256(join(folder, 'model.safetensors')),
        outputs: ['model.safetensors', 'model.json'],
        summary: `the average of steps ${steps.join(', ')}`,
      };
    },
  };
}

/** A short training, as in a trial run, has fewer checkpoints than the recipe would average. */
export const withinEpochs = ({ last, best, batchNorm }: AverageOptions, epochs: number): AverageOptions => ({
  last: last && Math.min(last, epochs),
  best: best && Math.min(best, epochs),
  batchNorm,
});
