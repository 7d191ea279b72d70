/**
 * @file A recipe's grid: the systems it becomes, their names, what is shown together, and what is said when one is
 * wrong.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { UserError } from '../../../src/errors.js';
import { gridOf } from '../../../src/recipe/definition/grid.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { systemSettings } from '../../../src/recipe/definition/system-settings.js';
import { trainingRuns } from '../../../src/recipe/definition/training-runs.js';
import { writtenRecipe } from '../../../src/recipe/definition/written-recipe.js';

describe('a grid', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-grid-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (text: string, name = 'ablation.yaml'): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  /** The demo's aca-net with 64 latents, alone. */
  const start = 'extends: demo\nbaseline: aca-net\nsystems: { ecapa-tdnn: null }\n';
  const grid = (axes: string, more = '') =>
    `${start}grid:\n  system: aca-net\n${more}  axes:\n${axes.replace(/^/gm, '    ')}\n`;
  const load = (text: string, sets: string[] = []) => loadRecipe(write(text), { sets }).recipe;
  const names = (text: string, sets: string[] = []) => Object.keys(load(text, sets).systems);

  it('becomes a system for each value, which differs from the base in that alone', () => {
    const { systems } = load(grid('latents: { model.latents: [16, 32] }'));
    assert.deepEqual(Object.keys(systems), ['aca-net', 'aca-net+latents=16', 'aca-net+latents=32']);
    const { 'aca-net': base, 'aca-net+latents=16': small } = systems;
    assert.deepEqual(small, { ...base, model: { ...base.model, latents: 16 } });
  });

  it('takes a value that the base has for the base, and shows the base in every axis', () => {
    const recipe = load(
      grid(
        'latents: { model.latents: [32, 64] }\npooling: { model.pooling: [cross-attention, attentive] }\nreps: { model.reps: [1] }',
      ),
    );
    assert.deepEqual(gridOf(recipe), {
      base: 'aca-net',
      axes: [
        {
          name: 'latents',
          variants: [
            { label: '32', system: 'aca-net+latents=32' },
            { label: '64', system: 'aca-net' },
          ],
        },
        {
          name: 'pooling',
          variants: [
            { label: 'cross-attention', system: 'aca-net' },
            { label: 'attentive', system: 'aca-net+pooling=attentive' },
          ],
        },
        {
          name: 'reps',
          variants: [
            { label: '2', system: 'aca-net' },
            { label: '1', system: 'aca-net+reps=1' },
          ],
        },
      ],
    });
    assert.equal(Object.keys(recipe.systems).length, 4);
    assert.equal(gridOf(load(start)), undefined);
  });

  it('makes one system of equal content, whatever it is called', () => {
    const recipe = load(
      grid('latents: { model.latents: [32] }\nsize: { small: { model: { latents: 32 } }, wide: { model.embed: 256 } }'),
    );
    assert.deepEqual(Object.keys(recipe.systems), ['aca-net', 'aca-net+latents=32', 'aca-net+size=wide']);
    assert.deepEqual(gridOf(recipe)!.axes[1].variants, [
      { label: 'as it is', system: 'aca-net' },
      { label: 'small', system: 'aca-net+latents=32' },
      { label: 'wide', system: 'aca-net+size=wide' },
    ]);
  });

  it('sets several settings at once under a name', () => {
    const { systems } = load(
      grid('size:\n  small: { model.latents: 16, training.epochs: 3, training.schedule: { type: constant, lr: 1 } }'),
    );
    const { model, training } = systems['aca-net+size=small'];
    assert.ok(model.type === 'aca-net' && model.latents === 16);
    assert.equal(training.epochs, 3);
    assert.deepEqual(training.schedule, { type: 'constant', lr: 1, warmup: '0 steps' });
    assert.equal(training.batchSize, systems['aca-net'].training.batchSize);
  });

  it('combines all values when it is told to', () => {
    const text = grid('latents: { model.latents: [16, 64] }\nreps: { model.reps: [1, 2] }', '  combine: true\n');
    const recipe = load(text);
    assert.deepEqual(Object.keys(recipe.systems), [
      'aca-net',
      'aca-net+latents=16+reps=1',
      'aca-net+latents=16+reps=2',
      'aca-net+latents=64+reps=1',
    ]);
    const [axis] = gridOf(recipe)!.axes;
    assert.equal(axis.name, 'latents × reps');
    assert.deepEqual(axis.variants.at(-1), { label: '64, 2', system: 'aca-net' });
  });

  it('names values by what they are, in letters that folders can have', () => {
    const text = grid(
      'peak: { training.schedule.peak: [0.0005] }\nwarmup: { training.schedule.warmup: [10 %, 2 epochs] }\n' +
        'clip: { training.optimizer.gradientClip: [null] }\nmean: { features.normalize: [{ window: 200 }] }',
    );
    assert.deepEqual(names(text).slice(1), [
      'aca-net+peak=0.0005',
      'aca-net+warmup=10',
      'aca-net+warmup=2-epochs',
      'aca-net+clip=none',
      'aca-net+mean=window-200',
    ]);
    const labels = gridOf(load(text))!.axes.flatMap(({ variants }) => variants.map(({ label }) => label));
    assert.ok(labels.includes('10 %') && labels.includes('window 200'));
  });

  it('gives features of their own only to variants that have other ones', () => {
    const recipe = load(grid('mean: { features.normalize: [none, mean, global] }'));
    const stageOf = (system: string) => systemSettings(recipe, system).featuresStage;
    assert.equal(gridOf(recipe)!.axes[0].variants[1].system, 'aca-net');
    assert.equal(stageOf('aca-net'), 'features');
    assert.match(stageOf('aca-net+mean=none'), /^features@[0-9a-f]{8}$/);
    assert.notEqual(stageOf('aca-net+mean=none'), stageOf('aca-net+mean=global'));
  });

  it('follows what --set changes: in the base, in all systems, in the grid', () => {
    const text = grid('latents: { model.latents: [16] }\nepochs: { training.epochs: [9] }');
    const { systems } = load(text, ['systems.aca-net.model.reps=1', 'training.batchSize=8', 'training.epochs=2']);
    for (const { model, training } of Object.values(systems)) {
      assert.ok(model.type === 'aca-net' && model.reps === 1);
      assert.equal(training.batchSize, 8);
    }
    // What an axis varies is not what --set sets.
    assert.deepEqual(
      Object.values(systems).map(({ training }) => training.epochs),
      [2, 2, 9],
    );
    assert.deepEqual(names(text, ['grid.axes.latents=null']), ['aca-net', 'aca-net+epochs=9']);
    assert.deepEqual(names(text, ['grid.axes.latents={model.latents: [8, 16]}']), [
      'aca-net',
      'aca-net+latents=8',
      'aca-net+latents=16',
      'aca-net+epochs=9',
    ]);
    assert.deepEqual(names(text, ['grid=null']), ['aca-net']);
  });

  it('is written so that it loads to the same', () => {
    const text = grid(
      'latents: { model.latents: [16, 64] }\nmean: { features.normalize: [none] }\nsize:\n  small: { model.embed: 64 }',
      '  combine: true\n',
    );
    const recipe = load(text);
    const again = loadRecipe(write(stringify(writtenRecipe(recipe)), 'resolved.yaml')).recipe;
    assert.deepEqual(again, recipe);
  });

  const mistakes: [title: string, text: string, message: RegExp][] = [
    [
      'an unknown setting, once, with its line and what was meant',
      grid('latents: { model.latentz: [16, 32, 128] }'),
      /^unknown key "latentz" → at systems\.aca-net\+latents=16\.model \(did you mean "latents"\?\)\n {2}\S*ablation\.yaml:7$/,
    ],
    [
      'an unknown section',
      grid('a: { modle.latents: [16] }'),
      /^unknown key "modle" → at systems\.aca-net\+a=16 \(did you mean "model"\?\)\n.*:7$/,
    ],
    [
      'an unknown setting of the training',
      grid('a: { training.epoch: [16] }'),
      /unknown key "epoch" → at systems\.aca-net\+a=16\.training \(did you mean "epochs"\?\)\n.*:7$/,
    ],
    [
      'an unknown setting of features',
      grid('a: { features.normalise: [mean] }'),
      /unknown key "normalise" → at systems\.aca-net\+a=mean\.features \(did you mean "normalize"\?\)/,
    ],
    ['a value out of range', grid('a: { model.latents: [16, 0] }'), /got 0 → at systems\.aca-net\+a=0\.model\.latents/],
    [
      'a system that is not there',
      grid('a: { model.latents: [16] }').replace('system: aca-net', 'system: aca-nt'),
      /^no system "aca-nt" → at grid\.system \(did you mean "aca-net"\?\); there are aca-net\n.*:5$/,
    ],
    [
      'an unknown key of the grid',
      grid('a: { model.latents: [16] }', '  combined: true\n'),
      /^unknown key "combined" → at grid \(did you mean "combine"\?\)/,
    ],
    [
      'an axis without values',
      grid('a: { model.latents: [] }'),
      /^the axis has no values; null takes it out → at grid\.axes\.a\n.*:7$/,
    ],
    [
      'two settings with lists',
      grid('a: { model.latents: [16], model.embed: [64] }'),
      /^expected one setting with a list of its values, or names with what each sets → at grid\.axes\.a\n.*:7$/,
    ],
    [
      'a single value',
      grid('a: { model.latents: 16 }'),
      /^expected what "model\.latents" sets, such as \{ model\.latents: 32 \}, or a list of values, got 16 → at grid\.axes\.a\.model\.latents\n.*:7$/,
    ],
    [
      'values that folders cannot tell apart',
      grid('a: { training.schedule.warmup: [10 %, "10%"] }'),
      /^two systems would be named "aca-net\+a=10"/,
    ],
    [
      'a setting below a plain value',
      grid('a: { model.latents.many: [16] }'),
      /model\.latents is 64 and has no key "many"$/,
    ],
    [
      'a written name with a plus',
      'extends: demo\nsystems: { aca-net+a=1: { model: { type: aca-net } } }\n',
      /names with "\+" are those of a grid's variants/,
    ],
  ];
  for (const [title, text, message] of mistakes) {
    it(`complains of ${title}`, () => {
      assert.throws(
        () => load(text),
        (error) => {
          assert.ok(error instanceof UserError, String(error));
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

describe('systems of a recipe', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-systems-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const load = (systems: string, sets: string[] = [], more = '') => {
    writeFileSync(join(folder, 'own.yaml'), `extends: demo\n${more}systems:\n${systems.replace(/^/gm, '  ')}\n`);
    return loadRecipe(join(folder, 'own.yaml'), { sets }).recipe;
  };

  it('take over what they extend, through several, and change what they say', () => {
    const { systems } = load(
      'small: { extends: aca-net, model: { latents: 16 }, seeds: 2 }\nsmaller: { extends: small, model: { embed: 64 }, training: { epochs: 1 } }',
    );
    const { model, training, seeds } = systems.smaller;
    assert.ok(model.type === 'aca-net');
    assert.deepEqual([model.latents, model.embed, model.centred, seeds, training.epochs], [16, 64, true, 2, 1]);
    assert.deepEqual(training.schedule, systems['aca-net'].training.schedule);
  });

  it('start afresh with another type of model', () => {
    const { model } = load('x: { extends: aca-net, model: { type: x-vector } }').systems.x;
    assert.ok(model.type === 'x-vector' && !('latents' in model));
  });

  it('have features, augmentation and averaging of their own, laid over the recipe’s', () => {
    const recipe = load(
      'own: { extends: aca-net, features: { normalize: none }, augmentation: { level: { probability: 1 } }, average: { last: 1 } }\n' +
        'clean: { extends: own, augmentation: null }',
    );
    const settings = systemSettings(recipe, 'own');
    assert.deepEqual(settings.features, { ...recipe.features, normalize: 'none' });
    assert.equal(settings.augmentation?.level?.probability, 1);
    assert.deepEqual(settings.average, { ...recipe.average, last: 1 });
    // Drawn while training, so the cache is the same.
    assert.equal(systemSettings(recipe, 'clean').featuresStage, settings.featuresStage);
    assert.equal(systemSettings(recipe, 'clean').augmentation, null);
    const base = systemSettings(recipe, 'aca-net');
    assert.deepEqual([base.features, base.featuresStage], [recipe.features, 'features']);
  });

  it('say nothing of what is the same as the recipe’s', () => {
    const { own } = load('own: { extends: aca-net, features: { normalize: mean }, average: { last: 3 } }').systems;
    assert.deepEqual(Object.keys(own).sort(), ['model', 'training']);
  });

  it('are reached by --set in sections of their own too', () => {
    const recipe = load('own: { extends: aca-net, features: { normalize: none } }', ['features.normalize=meanvar']);
    assert.equal(systemSettings(recipe, 'own').features.normalize, 'meanvar');
  });

  it('are trained as often as --set says, whatever they say themselves', () => {
    const recipe = load('own: { extends: aca-net, seeds: 1 }', ['seeds=3']);
    assert.deepEqual(
      trainingRuns(recipe, 'own').map(({ name }) => name),
      ['own', 'own@2', 'own@3'],
    );
  });

  it('are written so that they load to the same, where the recipe’s features say more', () => {
    const recipe = load('own: { extends: aca-net, features: { vad: null } }', [], 'features: { vad: {} }\n');
    assert.ok(recipe.features.vad && !systemSettings(recipe, 'own').features.vad);
    writeFileSync(join(folder, 'resolved.yaml'), stringify(writtenRecipe(recipe)));
    assert.deepEqual(loadRecipe(join(folder, 'resolved.yaml')).recipe, recipe);
  });

  for (const [title, systems, message] of [
    ['a base that is not there', 'x: { extends: aca-nt }', /^no system "aca-nt" → at systems\.x\.extends \(did you mean "aca-net"\?\).*\n.*own\.yaml:3$/s], // prettier-ignore
    ['a base that is taken out', 'aca-net: null\nx: { extends: aca-net }', /^no system "aca-net" → at systems\.x\.extends/], // prettier-ignore
    ['a circle', 'x: { extends: y }\ny: { extends: x }', /^system x extends itself, through x, y/],
    ['features that the model does not take', 'x: { extends: aca-net, features: { bins: 40 } }', /^expected 40 values a frame, as features gives, got 80 → at systems\.x\.model\.bins/], // prettier-ignore
    ['a wrong value of its own features', 'x: { extends: aca-net, features: { bins: 1 } }', /got 1 → at systems\.x\.features\.bins\n.*own\.yaml:3/], // prettier-ignore
    ['VAD where its own crops are made from audio', 'x: { extends: aca-net, features: { vad: {} }, augmentation: { level: {} } }', /at systems\.x\.features\.vad\n.*own\.yaml:3/], // prettier-ignore
  ] as const) {
    it(`complain of ${title}`, () => {
      assert.throws(
        () => load(systems),
        (error) => {
          assert.ok(error instanceof UserError, String(error));
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});
