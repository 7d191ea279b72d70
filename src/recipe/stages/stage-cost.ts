/**
 * @file Stage `cost/<run>`: what embedding costs with a system's model (`extraction-cost.ts`) → `cost.json`, for
 * utterances of 3 s and of 20 s. Of a system with several seeds, the first run is measured.
 *
 * Other work on the machine makes it slower: `acanet run --force cost/<run>` measures again.
 */
import { join } from 'node:path';
import type { ExtractionCost } from '../../report/comparison/system-facts.js';
import { describeMachine } from '../../machine.js';
import { fileSha256 } from '../../storage/hashing.js';
import type { Library } from '../../tasks/model-work.js';
import { COST_SECONDS, costRecord, LONG_SECONDS } from '../artifacts/cost.js';
import type { Recipe } from '../definition/schema.js';
import type { TrainingRun } from '../definition/training-runs.js';
import type { Stage } from '../running/stage.js';

export function costStage(
  recipe: Recipe,
  { name }: TrainingRun,
  { measureExtraction }: Pick<Library, 'measureExtraction'>,
): Stage {
  const { engine } = recipe;
  return {
    name: `cost/${name}`,
    ofRun: name,
    timed: true,
    forTest: true,
    needs: [`average/${name}`],
    settings: { engine },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, signal }) {
      const lengths = [COST_SECONDS, LONG_SECONDS];
      const measured = await measureExtraction({ modelDir: folderOf(`average/${name}`), engine, lengths, signal });
      const cost: ExtractionCost = {
        machine: describeMachine(),
        engine: `${engine.name} on ${engine.device}`,
        ...measured,
      };
      costRecord.write(folder, cost);
      const [{ realTimeFactor, peakBytes }] = cost.lengths;
      return {
        outputHash: await fileSha256(join(folder, costRecord.name)),
        outputs: [costRecord.name],
        summary: `real-time factor ${realTimeFactor.toPrecision(2)} with ${cost.threads} threads, ${Math.round(peakBytes / 1e6)} MB`,
      };
    },
  };
}
