/**
 * @file Stage `average/<run>` of a system that is not trained here: its model, checked and tried, as a model folder. Such
 * a system has no stage `train/<run>`; what comes after is as for any other.
 */
import type { Library } from '../../tasks/model-work.js';
import { recordFiles } from '../../storage/written-files.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import { AVERAGE, modelFilesIn } from '../artifacts/average.js';
import type { ReadyRun } from '../definition/training-runs.js';
import { readyModelIdentity } from '../definition/ready-model.js';
import type { Stage } from '../running/stage.js';

export function takeModelStage(
  { name, settings: { model, features } }: ReadyRun,
  { takeModel }: Pick<Library, 'takeModel'>,
): Stage {
  return {
    name: `average/${name}`,
    ofRun: name,
    needs: [],
    get settings() {
      return { model: readyModelIdentity(model), features };
    },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, log }) {
      log(`  ${name} is not trained here: its model is taken as it is`);
      const summary = await takeModel({ model, features, dir: folder });
      const files = modelFilesIn(folder);
      return {
        outputHash: sha256Hex(stableJson(recordFiles(folder, files))),
        outputs: [...files, AVERAGE.description],
        summary,
      };
    },
  };
}
