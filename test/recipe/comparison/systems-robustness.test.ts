/** @file Which systems are said to have been trained with the noise that they are tested with. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeHeardNoise } from '../../../src/recipe/comparison/systems-robustness.js';
import { resolveSystems } from '../../../src/recipe/definition/system-settings.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';

describe('noise that was trained with', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-heard-'));
    for (const name of ['tested', 'other']) mkdirSync(join(folder, name));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const heard = (augmentation: string, noise = `{source: '${join(folder, 'tested')}'}`, place = 'augmentation') => {
    const sets = [`robustness={snr: [5], noise: ${noise}}`, `systems.aca-net.${place}=${augmentation}`];
    const { recipe } = loadRecipe('demo', { sets });
    return describeHeardNoise(recipe.robustness, ['aca-net', 'ecapa-tdnn'], resolveSystems(recipe));
  };

  it('is named, whichever technique drew from it', () => {
    for (const technique of ['noise', 'music', 'speech', 'babble']) {
      assert.match(
        heard(`{${technique}: {source: '${folder}/../${folder.split('/').at(-1)}/tested'}}`).join('\n'),
        /^aca-net heard the noise of these tests in training: /,
        technique,
      );
    }
  });

  it('is named where one phase of the training had it', () => {
    const phases = `[{augmentation: {noise: {source: '${join(folder, 'tested')}'}}}, {augmentation: null}]`;
    assert.match(heard(phases, undefined, 'training.phases').join(), /^aca-net heard the noise/);
  });

  it('is not other noise, the voices of the corpus, or white', () => {
    assert.deepEqual(heard(`{noise: {source: '${join(folder, 'other')}'}}`), []);
    assert.deepEqual(heard('{babble: {}}'), []);
    assert.deepEqual(heard(`{noise: {source: '${join(folder, 'tested')}'}}`, 'white'), []);
  });
});
