/** @file What `doctor --model` looks at: the network as its training starts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { trainingRuns } from '../../../src/recipe/definition/training-runs.js';
import { examineModel } from '../../../src/recipe/examination/examine-model.js';
import { TINY_RECIPE } from '../../cli/tiny-recipe.js';

describe('a network that is examined', () => {
  it('gets a batch of the first phase of its training, made up where there are no features yet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'acanet-examine-'));
    try {
      writeFileSync(join(folder, 'tiny.yaml'), TINY_RECIPE);
      const look = async (...sets: string[]) => {
        const { recipe } = loadRecipe(join(folder, 'tiny.yaml'), { sets });
        const [run] = trainingRuns(recipe, 'small');
        return examineModel({ recipe, run, workFolder: join(folder, 'none'), engine: recipe.engine });
      };
      assert.match((await look()).features, /^4 made-up crops of 60 frames/);
      const phased = await look('training.phases=[{epochs: 1, cropFrames: 40, batchSize: 3}, {}]');
      assert.match(phased.features, /^3 made-up crops of 40 frames/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
