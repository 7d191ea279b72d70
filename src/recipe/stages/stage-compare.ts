/**
 * @file Stage `compare`: what the systems cost and how well they verify, against the baseline, on the same trials.
 *
 * A system's figures are means over its runs. MACs are counted and time and memory measured (stage `cost`) for an
 * utterance of 3 s. Intervals come from resampling speakers, and from the seeds where there are several.
 */
import { basename } from 'node:path';
import { addRobustness, compareSystems, type Comparison } from '../../report/comparison/comparison.js';
import { writeComparison } from '../../report/comparison/comparison-files.js';
import { fileSha256 } from '../../storage/hashing.js';
import type { Library } from '../../tasks/model-work.js';
import { compareFiles } from '../artifacts/compare.js';
import { comparingStages, type Compared } from '../comparison/chosen-systems.js';
import { guestFingerprint } from '../comparison/guest-systems.js';
import { claimOf, readComparison } from '../comparison/read-comparison.js';
import { sliceIdentity } from '../definition/slice-options.js';
import { readSystemsRobustness } from '../comparison/systems-robustness.js';
import type { Recipe } from '../definition/schema.js';
import type { SystemSettings } from '../definition/system-settings.js';
import { modelIdentity } from '../definition/ready-model.js';
import { stagesOfRun, trainingRuns } from '../definition/training-runs.js';
import type { Stage } from '../running/stage.js';

export function compareStage(
  recipe: Recipe,
  { settings, compared }: { settings: ReadonlyMap<string, SystemSettings>; compared: Compared },
  library: Pick<Library, 'modelFigures'>,
): Stage {
  const { names = Object.keys(recipe.systems), baseline = recipe.baseline, guests = [] } = compared;
  const { systems } = recipe;
  const runs = names.flatMap((name) => trainingRuns(recipe, name));
  const claimed = claimOf(recipe);
  return {
    name: comparingStages(compared).compare,
    forTest: true,
    needs: [
      'prep',
      ...runs.flatMap((run) => stagesOfRun(recipe, run, ['train', 'average', 'score', 'calibrate'])),
      ...names.map((name) => `cost/${trainingRuns(recipe, name)[0].name}`),
      ...(recipe.robustness ? runs.map(({ name }) => `robustness/${name}`) : []),
    ],
    get settings() {
      return {
        baseline,
        systems: names,
        seed: recipe.seed,
        models: names.map((name) => modelIdentity(systems[name].model)),
        ...(claimed && { claim: claimed }),
        ...(recipe.slices && { slices: sliceIdentity(recipe.slices) }),
        ...(guests.length > 0 && { guests: guests.map(guestFingerprint) }),
      };
    },
    version: 8,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, log, progress }) {
      const { trials, ...input } = await readComparison({ recipe, settings, compared, folderOf, library });
      const onProgress = (done: number, total: number) => progress('resample speakers', done, total);
      const whole = compareSystems({ ...input, onProgress });
      const tested = recipe.robustness && readSystemsRobustness(recipe, names, { folderOf, trials });
      const { labels, speakers } = input;
      const comparison: Comparison = tested
        ? addRobustness(whole, tested, { labels, speakers, seed: recipe.seed })
        : whole;
      const paths = writeComparison(folder, comparison);
      log(`  written: ${paths.join(', ')}`);
      return {
        outputHash: await fileSha256(compareFiles(folder).comparison),
        outputs: paths.map((path) => basename(path)),
        summary: comparison.systems.map(({ name, eer }) => `${name} ${(100 * eer).toFixed(2)} %`).join(', '),
      };
    },
  };
}
