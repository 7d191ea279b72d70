/** @file Which trainings a name means. */
import assert from 'node:assert/strict';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { findTrainingRuns } from '../../../src/recipe/definition/training-runs.js';

describe('the trainings that a name means', () => {
  const recipe = { ...loadRecipe('demo').recipe, seed: 4, seeds: 3 };
  const namesOf = (name: string) => findTrainingRuns(recipe, name).map((run) => run.name);

  it('are all of a system, or the one of a seed, the first one too', () => {
    assert.deepEqual(namesOf('aca-net'), ['aca-net', 'aca-net@5', 'aca-net@6']);
    assert.deepEqual(namesOf('aca-net@5'), ['aca-net@5']);
    assert.deepEqual(namesOf('aca-net@4'), ['aca-net']);
  });

  it('are none where there is no such system or seed', () => {
    assert.throws(
      () => namesOf('aca-nt'),
      /demo has no system "aca-nt" \(did you mean "aca-net"\?\); there are aca-net, /,
    );
    assert.throws(
      () => namesOf('aca-net@7'),
      /demo has no run "aca-net@7".*; there are aca-net, aca-net@5, aca-net@6, /,
    );
  });
});
