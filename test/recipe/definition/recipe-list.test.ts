/** @file What the recipes that come with acanet say of themselves. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { foldNames, loadRecipe, recipesFolder } from '../../../src/recipe/definition/load.js';
import { recipesHere } from '../../../src/recipe/definition/recipe-list.js';

describe('the list of recipes', () => {
  it('has every recipe that can be run, and what each is for, needs and takes', () => {
    const files = readdirSync(recipesFolder).map((file) => file.replace('.yaml', ''));
    assert.deepEqual(
      recipesHere().map(({ name }) => name),
      files.filter((name) => name !== 'base').sort(),
    );
    for (const { name, about, corpus, time } of recipesHere()) {
      assert.ok(about && corpus && time, name);
      const [fold] = foldNames(name);
      const needs = loadRecipe(name, { fold }).recipe.corpus.type;
      const place = { wsj0: /--source DIR --lists/, synth: /none/, csv: /from the folder of the speech/ };
      assert.match(corpus, place[needs as keyof typeof place] ?? /--source/, name);
    }
  });
});
