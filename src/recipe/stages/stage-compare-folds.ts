/**
 * @file Stage `compare` of a recipe with folds: the systems compared in all folds together, from what each fold's own
 * stages have made. It is no leaf of one chain: its inputs are finished stages of the folds' work folders. What draws is
 * loaded when the stage runs.
 */
import { basename, join } from 'node:path';
import { compareSystems } from '../../report/comparison/comparison.js';
import { writeComparison } from '../../report/comparison/comparison-files.js';
import { comparedOf } from '../../report/comparison/report-view.js';
import { fileSha256 } from '../../storage/hashing.js';
import type { Library } from '../../tasks/model-work.js';
import { compareFiles } from '../artifacts/compare.js';
import { doneRecord } from '../artifacts/control-files.js';
import { comparedInFold, comparingStages, type Compared } from '../comparison/chosen-systems.js';
import { type FoldComparison, joinFoldComparisons } from '../comparison/join-folds.js';
import { readComparison } from '../comparison/read-comparison.js';
import type { Recipe } from '../definition/schema.js';
import { resolveSystems } from '../definition/system-settings.js';
import type { Stage } from '../running/stage.js';

/** Of the comparison of all folds, which has no report. */
const FIGURES = 'figures';

/** A fold whose own comparison is up to date. */
export interface FinishedFold {
  readonly fold: string;
  /** `exp/<recipe>/<fold>` */
  readonly folder: string;
  readonly recipe: Recipe;
}

export function compareFoldsStage(
  folds: readonly FinishedFold[],
  compared: Compared,
  library: Pick<Library, 'modelFigures'>,
): Stage {
  const { compare: name } = comparingStages(compared);
  return {
    name,
    forTest: true,
    needs: [],
    get settings() {
      const outputs = folds.map(({ fold, folder }) => [fold, doneRecord.readIfThere(join(folder, name))?.outputHash]);
      return { folds: Object.fromEntries(outputs) as Record<string, unknown> };
    },
    version: 4,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, log, progress }) {
      const read: FoldComparison[] = [];
      for (const { fold, folder: work, recipe } of folds) {
        const settings = resolveSystems(recipe);
        const folderOf = (stage: string) => join(work, stage);
        const inFold = comparedInFold(compared, fold);
        read.push({ fold, read: await readComparison({ recipe, settings, compared: inFold, folderOf, library }) });
      }
      const onProgress = (done: number, total: number) => progress('resample speakers', done, total);
      const input = joinFoldComparisons(read);
      const { robustness } = folds[0].recipe;
      const notes = [
        ...(input.notes ?? []),
        ...(robustness ? [`Short and noisy speech: in the comparison of each fold, FOLD/${name}.`] : []),
      ];
      const comparison = compareSystems({ ...input, notes, onProgress });
      const paths = writeComparison(folder, comparison);
      const { writeComparedFigures } = await import('../../report/figures/write-figure.js');
      const figures = await writeComparedFigures(join(folder, FIGURES), comparedOf(comparison));
      log(`  written: ${paths.join(', ')}${figures.length > 0 ? `, and figures in ${join(folder, FIGURES)}` : ''}`);
      return {
        outputHash: await fileSha256(compareFiles(folder).comparison),
        outputs: [...paths.map((path) => basename(path)), ...(figures.length > 0 ? [FIGURES] : [])],
        summary: comparison.systems.map((system) => `${system.name} ${(100 * system.eer).toFixed(2)} %`).join(', '),
      };
    },
  };
}
