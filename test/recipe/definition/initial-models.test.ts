/** @file Systems that start from others or from model folders: the order of their stages, what they depend on, mistakes. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialTensors } from '../../../src/models/contract/model.js';
import { writeModelFolder } from '../../../src/models/model-folder.js';
import { createModel, type ModelOptions } from '../../../src/models/registry.js';
import { checkInitialModels } from '../../../src/recipe/definition/initial-models.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { hashInput, inputOf } from '../../../src/recipe/running/stage-plan.js';
import { createStages } from '../../../src/recipe/stages/stages.js';
import { standInLibrary } from '../stand-in-library.js';

const small = (rest: string) => `{ model: { type: x-vector, embedding: 6, channels: [8, 12], kernels: [3, 1], dilations: [1, 1] }${rest} }`; // prettier-ignore

describe('what a training starts from', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-start-'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const load = (systems: string, rest = '') => {
    const path = join(dir, 'recipe.yaml');
    const [first] = systems.split(':');
    const head = `extends: base\ncorpus: { type: synth, trainSpeakers: 6, testSpeakers: 3 }\ndevelopment: { speakers: 2 }`;
    writeFileSync(
      path,
      `${head}\nsystems:\n${systems.replace(/^(?=.)/gm, '  ')}\nmodel: ${first}\nbaseline: ${first}\n${rest}`,
    );
    return loadRecipe(path).recipe;
  };
  const stagesOf = (recipe: ReturnType<typeof load>) =>
    createStages({ recipe, workFolder: 'exp/none', library: standInLibrary() });

  it('is done first, by runs of the same number, or by the first where there are fewer', () => {
    const recipe = load(`tuned: ${small(', training: { init: plain }')}\nplain: ${small(', seeds: 2')}`, 'seeds: 3');
    const stages = stagesOf(recipe);
    const trainings = stages.filter(({ trains }) => trains);
    assert.deepEqual(
      trainings.map(({ name }) => name),
      ['train/plain', 'train/tuned', 'train/plain@2', 'train/tuned@2', 'train/tuned@3'],
    );
    const needs = (name: string) => trainings.find((stage) => stage.name === name)!.needs.slice(2);
    assert.deepEqual(needs('train/plain'), []);
    assert.deepEqual(needs('train/tuned'), ['train/plain', 'average/plain']);
    assert.deepEqual(needs('train/tuned@2'), ['train/plain@2', 'average/plain@2']);
    assert.deepEqual(needs('train/tuned@3'), ['train/plain', 'average/plain']);
    const seen = new Set<string>();
    for (const { name, needs: before } of stages) {
      for (const need of before) assert.ok(seen.has(need.split(':')[0]), `${name} comes before ${need}`);
      seen.add(name);
    }
  });

  it('counts by its weights, not by where they lie', async () => {
    const plain = load(`one: ${small('')}`);
    const model = plain.systems.one.model as ModelOptions;
    const write = (name: string, seed: number) =>
      writeModelFolder(join(dir, name), { model, origin: {} }, initialTensors(createModel(model), seed));
    await write('a', 1);
    await write('other', 2);
    cpSync(join(dir, 'a'), join(dir, 'copy'), { recursive: true });
    const hashOf = (recipe: ReturnType<typeof load>) => {
      const stage = stagesOf(recipe).find(({ name }) => name === 'train/one')!;
      assert.ok(!JSON.stringify(stage.settings).includes(dir));
      return hashInput(inputOf(stage, new Map()));
    };
    const from = (name: string) => load(`one: ${small(`, training: { init: ${join(dir, name)} }`)}`);
    checkInitialModels(from('a'));
    const hashes = [plain, from('a'), from('copy'), from('other')].map(hashOf);
    assert.equal(hashes[1], hashes[2]);
    assert.equal(new Set(hashes).size, 3);
    assert.equal(hashOf(load(`one: ${small(', training: { init: null, freeze: null }')}`)), hashes[0]);
    assert.notEqual(hashOf(load(`one: ${small(', training: { freeze: [blocks.0] }')}`)), hashes[0]);
  });

  it('refuses what is neither system nor folder, itself, circles, another kind of model, and unknown layers', () => {
    const missing = load(`one: ${small(', training: { init: nowhere }')}\ntwo: ${small('')}`);
    assert.throws(
      () => checkInitialModels(missing),
      /systems\.one\.training\.init: .*nowhere is no model folder .*; there are two$/,
    );
    assert.throws(() => stagesOf(missing).map(({ settings }) => settings), /nowhere is no model folder/);
    assert.throws(
      () => load(`one: ${small(', training: { init: two }')}\ntwo: ${small(', training: { init: one }')}`),
      /system one starts from itself, through one ← two ← one → at systems\.one\.training\.init\n {2}.*recipe\.yaml:5/,
    );
    assert.throws(
      () => load(`one: ${small(', training: { init: aca }')}\naca: { model: { type: aca-net } }`),
      /no parameter of system aca \(ACA-Net .*\) fits x-vector .* → at systems\.one\.training\.init/,
    );
    assert.throws(
      () => load(`one: ${small(', training: { freeze: [blocks.0, blocks.99] }')}`),
      /no tensor of x-vector .* is called "blocks\.99"; its layers are .* → at systems\.one\.training\.freeze/,
    );
  });
});
