/** @file Stage `average/<run>`: the last or the best checkpoints → one model folder. */
import { readManifest } from '../../corpus/manifest/manifest.js';
import { fileSha256 } from '../../storage/hashing.js';
import { phasesOf } from '../../training/phases.js';
import { trainingUtterances } from '../../training/training-speakers.js';
import type { Library } from '../../tasks/model-work.js';
import { AVERAGE, averageFiles } from '../artifacts/average.js';
import { prepFiles } from '../artifacts/prep.js';
import type { Recipe } from '../definition/schema.js';
import { withinEpochs } from '../definition/system-settings.js';
import type { TrainedRun } from '../definition/training-runs.js';
import type { Stage } from '../running/stage.js';

export function averageStage(
  { engine }: Recipe,
  { name, seed, settings }: TrainedRun,
  { averageSystem }: Pick<Library, 'averageSystem'>,
): Stage {
  const { model, features, average: chosen, featuresStage } = settings;
  // Only the checkpoints of the last phase are of one kind.
  const { training, augmentation } = phasesOf(settings.training, settings.augmentation).at(-1)!;
  const average = withinEpochs(chosen, training.epochs);
  return {
    name: `average/${name}`,
    ofRun: name,
    needs: ['prep:training', `${featuresStage}:training`, `train/${name}`],
    settings: { average, model, features },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, inputHash: _, ...reporting }) {
      const utterances = readManifest(prepFiles(folderOf('prep')).manifest);
      const wanted = chosen.best ?? chosen.last ?? 0;
      if (wanted > training.epochs) {
        reporting.log(
          `  The recipe averages ${wanted} checkpoints; a training of ${training.epochs} epochs has only ${training.epochs}.`,
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
        utterances: trainingUtterances(utterances, training, seed),
        dir: folder,
      });
      return {
        outputHash: await fileSha256(averageFiles(folder).weights),
        outputs: [AVERAGE.weights, AVERAGE.description],
        summary: `the average of steps ${steps.join(', ')}`,
      };
    },
  };
}
