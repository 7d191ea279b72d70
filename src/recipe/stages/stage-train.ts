/**
 * @file Stage `train/<run>`: feature cache → checkpoints. An interrupted run goes on from its newest checkpoint.
 *
 * Log intervals, the spacing of checkpoints and the number of loader threads do not change what is learnt, so they are
 * not among the settings that make a run out of date. Neither are threads and device: a finished training is not
 * repeated on another machine.
 */
import { join } from 'node:path';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { augmentationIdentity } from '../../features/augmentation/augmentation-identity.js';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import { removeLaterCheckpoints } from '../../training/checkpoint.js';
import type { PhaseOptions } from '../../training/phase-options.js';
import { trainingUtterances } from '../../training/training-speakers.js';
import type { Library } from '../../tasks/model-work.js';
import { prepFiles } from '../artifacts/prep.js';
import { checkpointWeights } from '../artifacts/train.js';
import { initialIdentity, initialSource } from '../definition/initial-models.js';
import { isReady } from '../definition/ready-model.js';
import type { Recipe } from '../definition/schema.js';
import { stagesOfRun, type TrainedRun } from '../definition/training-runs.js';
import type { Stage } from '../running/stage.js';

export function trainStage(recipe: Recipe, run: TrainedRun, { trainSystem }: Pick<Library, 'trainSystem'>): Stage {
  const { engine } = recipe;
  const { name, seed, settings, system } = run;
  const { model, training, features, augmentation, featuresStage } = settings;
  const { logEvery: _, loaderThreads: ___, checkpoint, init: ____, freeze, phases, speakers, ...learning } = training;
  const source = initialSource(recipe, run);
  const before = source && 'run' in source ? source.run : undefined;
  const folder = source && 'folder' in source ? source.folder : undefined;
  const { everySteps: __, ...retention } = checkpoint;
  return {
    name: `train/${name}`,
    ofRun: name,
    trains: true,
    needs: [
      ...['prep:training', `${featuresStage}:training`],
      ...(before === undefined ? [] : stagesOfRun(recipe, before, ['train', 'average'])),
    ],
    get settings() {
      return {
        model,
        training: {
          ...learning,
          ...(speakers && { speakers }),
          ...(freeze && { freeze }),
          ...(phases && { phases: phases.map(phaseIdentity) }),
          checkpoint: retention,
        },
        seed,
        engine: engine.name,
        ...(augmentation && { augmentation: augmentationIdentity(augmentation) }),
        ...(folder !== undefined && { init: initialIdentity(folder, recipe, system) }),
      };
    },
    version: 1,
    whenChanged: 'set aside',
    resumable: true,
    // An average of the last checkpoints is one of those that followed each other.
    removeAfter: (dir, [gone]) => removeLaterCheckpoints(dir, gone),
    async run({ folder: dir, folderOf, inputHash, ...reporting }) {
      const { manifest, devTrials } = prepFiles(folderOf('prep'));
      const utterances = readManifest(manifest);
      const { steps, devEer } = await trainSystem({
        ...reporting,
        name,
        model,
        training,
        features,
        augmentation,
        engine,
        seed,
        cacheDir: folderOf(featuresStage),
        utterances: trainingUtterances(utterances, training, seed),
        development: {
          utterances: utterances.filter(({ split }) => split === 'dev'),
          trials: readTrials(devTrials),
        },
        dir,
        configHash: inputHash,
        ...(folder !== undefined && { initial: { modelDir: folder } }),
        ...(before !== undefined && {
          initial: {
            modelDir: folderOf(`average/${before.name}`),
            ...(!isReady(recipe.systems[before.system].model) && { trainDir: folderOf(`train/${before.name}`) }),
          },
        }),
      });
      reporting.signal?.throwIfAborted();
      const outputs = checkpointWeights(dir);
      const hashes = await Promise.all(outputs.map((weights) => fileSha256(join(dir, weights))));
      return {
        outputHash: sha256Hex(...hashes),
        outputs,
        summary: `${steps} steps${devEer === null ? '' : `, development EER ${(100 * devEer).toFixed(2)} %`}`,
      };
    },
  };
}

/** A phase with what stands for its recordings in place of where they lie. */
const phaseIdentity = ({ augmentation, ...phase }: PhaseOptions): unknown => ({
  ...phase,
  ...(augmentation !== undefined && { augmentation: augmentation && augmentationIdentity(augmentation) }),
});
