/** @file Recipes: layers, overrides, and what is said when one is wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../../src/errors.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';

describe('recipe loading', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-recipe-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const small = (rest = '') => write('small.yaml', `extends: demo\n${rest}`);

  it('fills a recipe in from the one that it extends', () => {
    const { recipe, files } = loadRecipe(small('training: { batchSize: 7 }\n'));
    assert.equal(recipe.training.batchSize, 7);
    assert.equal(recipe.training.pad, 'wrap');
    assert.deepEqual(
      files.map((file) => file.split('/').at(-1)),
      ['base.yaml', 'demo.yaml', 'small.yaml'],
    );
  });

  it('drops what the other one claims, or tests besides, where it is null here', () => {
    assert.ok(loadRecipe('wsj0-comparison').recipe.claim);
    const { recipe } = loadRecipe(write('no-claim.yaml', 'extends: wsj0-comparison\nclaim: null\nrobustness: null\n'));
    assert.equal(recipe.claim ?? recipe.robustness ?? undefined, undefined);
  });

  it('drops what is claimed of a system where another one takes its place', () => {
    const claimOf = (text: string, sets: string[] = []) =>
      loadRecipe(write('changed.yaml', text), { sets }).recipe.claim;
    assert.equal(claimOf('extends: wsj0\nseeds: 2\n')?.protocol, 'wsj0-1talker');
    for (const change of ['baseline: aca-net', 'systems: { aca-net: { model: { latents: 64 } } }']) {
      assert.equal(claimOf(`extends: wsj0\n${change}\n`), undefined, change);
    }
    assert.equal(claimOf('extends: wsj0\nbaseline: aca-net\nclaim: { eer: -0.1 }\n')?.eer, -0.1);
    assert.ok(claimOf('extends: wsj0\n', ['training.epochs=3']));
    assert.equal(claimOf('extends: wsj0\n', ['systems.aca-net.model.latents=64']), undefined);
  });

  it('names a recipe by itself or its file, never by the recipe it extends', () => {
    assert.equal(loadRecipe(small()).recipe.name, 'small');
    assert.equal(loadRecipe(small('name: other\n')).recipe.name, 'other');
  });

  it('lays a system’s training over the common one', () => {
    const path = small('training: { batchSize: 7 }\nsystems: { aca-net: { training: { epochs: 77 } } }\n');
    const { systems } = loadRecipe(path).recipe;
    assert.equal(systems['aca-net'].training.epochs, 77);
    assert.equal(systems['aca-net'].training.batchSize, 7);
    assert.notEqual(systems['ecapa-tdnn'].training.epochs, 77);
  });

  it('lets --set reach every system, whatever the files say', () => {
    const path = small('systems: { aca-net: { training: { epochs: 77 } } }\n');
    const { recipe } = loadRecipe(path, {
      sets: ['training.epochs=2', 'seed=9', 'systems.ecapa-tdnn.training.epochs=4'],
    });
    assert.equal(recipe.seed, 9);
    assert.equal(recipe.systems['aca-net'].training.epochs, 2);
    assert.equal(recipe.systems['ecapa-tdnn'].training.epochs, 4);
  });

  it('takes out a system that is set to null', () => {
    const { recipe } = loadRecipe(small(), { sets: ['systems.ecapa-tdnn=null', 'baseline=aca-net'] });
    assert.deepEqual(Object.keys(recipe.systems), ['aca-net']);
  });

  it('refuses a batch of one, which batch normalisation cannot train on', () => {
    const path = small('training: { batchSize: 1 }\n');
    assert.throws(
      () => loadRecipe(path),
      /expected at least 2 .* got 1 → at systems\.aca-net\.training\.batchSize\n.*small\.yaml:2/,
    );
  });

  it('refuses an alias inside of what it names', () => {
    assert.throws(() => loadRecipe(small('training: &t [*t]\n')), UserError);
  });

  it('starts a section afresh when a file names another type', () => {
    const path = small('training: { schedule: { type: constant, lr: 0.5 } }\n');
    const { schedule } = loadRecipe(path).recipe.training;
    assert.deepEqual(schedule, { type: 'constant', lr: 0.5, warmup: '0 steps' });
  });

  it('takes a system out that is set to null', () => {
    const path = small('systems: { ecapa-tdnn: null }\nbaseline: aca-net\n');
    assert.deepEqual(Object.keys(loadRecipe(path).recipe.systems), ['aca-net']);
  });

  const mistakes: [title: string, text: string, sets: string[], message: RegExp][] = [
    [
      'an unknown key, with the key that was meant and the line',
      'training:\n  bacth_size: 3\n',
      [],
      /^unknown key "bacth_size" → at training \(did you mean "batchSize"\?\)\n {2}\S*small\.yaml:3$/,
    ],
    [
      'an unknown section',
      'trainig: {}\n',
      [],
      /^unknown key "trainig" → at the top level \(did you mean "training"\?\)\n.*:2$/,
    ],
    [
      'an unknown key of a system’s training',
      'systems:\n  aca-net:\n    training:\n      epoch: 3\n',
      [],
      /^unknown key "epoch" → at systems\.aca-net\.training \(did you mean "epochs"\?\)\n.*small\.yaml:5$/,
    ],
    [
      'an unknown key in a section with a type',
      'training: { optimizer: { type: sgd, nestrov: true } }\n',
      [],
      /^unknown key "nestrov" → at training\.optimizer \(did you mean "nesterov"\?\)/,
    ],
    [
      'a wrong type',
      'training:\n  batchSize: many\n',
      [],
      /^expected a number, got "many" → at training\.batchSize\n.*:3$/,
    ],
    [
      'an unknown type',
      'training:\n  optimizer: { type: adm }\n',
      [],
      /^expected "adam" or "adamw" or "sgd", got "adm" \(did you mean "adam"\?\) → at training\.optimizer\.type\n.*:3$/,
    ],
    [
      'a value outside its choices',
      'training: { pad: wrp }\n',
      [],
      /^expected "wrap" or "zero" or "skip", got "wrp" \(did/,
    ],
    [
      'what is wrong within the options of a pooling',
      'systems: { aca-net: { model: { type: x-vector, pooling: { type: cross-attention, latents: many } } } }\n',
      [],
      /^expected a number, got "many" → at systems\.aca-net\.model\.pooling\.latents/,
    ],
    ['a value below its range', 'training: { epochs: 0 }\n', [], /^expected more than 0, got 0 → at training\.epochs/],
    [
      'a wrong override',
      '',
      ['training.batchSize=x'],
      /got "x" → at training\.batchSize\n {2}--set training\.batchSize=x$/,
    ],
    [
      'an unknown override',
      '',
      ['training.batchsize=3'],
      /^unknown key "batchsize" → at training \(did you mean "batchSize"\?\)/,
    ],
    ['an override without a value', '', ['training.epochs'], /expected key\.path=value/],
    ['an override below a plain value', '', ['seed.x=1'], /^--set seed\.x=1: seed is 1 and has no key "x"$/],
    ['a model that is no system', 'model: aca-nt\n', [], /^no system "aca-nt" → at model \(did you mean "aca-net"\?\)/],
    [
      'VAD where crops are made from audio',
      'features: { vad: {} }\naugmentation: { level: {} }\n',
      [],
      /^features\.vad does not go with augmentation\.when: online → at features\.vad\n.*small\.yaml:2/,
    ],
    [
      'a default that does not go with what is given',
      'augmentation:\n  noise: { source: n, probability: 0.6 }\n  music: { source: m, probability: 0.6 }\n',
      [],
      /^one: expected probabilities of .* at most 1, got 1\.2 → at augmentation\.select\n.*small\.yaml:2/,
    ],
    [
      'one number in place of a range',
      'augmentation: { noise: { source: n, snr: 5 } }\n',
      [],
      /^expected a list, got 5 → at augmentation\.noise\.snr/,
    ],
    ['text that is not YAML', 'training: {\n', [], /small\.yaml:\d+: not valid YAML/],
  ];
  for (const [title, text, sets, message] of mistakes) {
    it(`complains of ${title}`, () => {
      assert.throws(
        () => loadRecipe(small(text), { sets }),
        (error) => error instanceof UserError && message.test(error.message),
      );
    });
  }

  it('complains of a circle of recipes', () => {
    const path = write('a.yaml', 'extends: ./b.yaml\n');
    write('b.yaml', 'extends: ./a.yaml\n');
    assert.throws(() => loadRecipe(path), /a\.yaml: extends itself/);
  });

  it('complains once of a mistake that every system inherits', () => {
    assert.throws(
      () => loadRecipe(small('training: { epochs: x }\n')),
      (error) => error instanceof UserError && error.message.match(/expected/g)?.length === 1,
    );
  });

  it('suggests a recipe for a mistyped name, and lists those that come with acanet', () => {
    assert.throws(
      () => loadRecipe('dmo'),
      /no recipe "dmo" \(did you mean "demo"\?\); there are .*base.*\n.*acanet recipes/,
    );
    assert.throws(() => loadRecipe('./nowhere.yaml'), /nowhere\.yaml: no such recipe file/);
    const lost = write('lost.yaml', 'seed: 2\nextends: ./nowhere.yaml\n');
    assert.throws(() => loadRecipe(lost), /lost\.yaml:2: extends: \.\/nowhere\.yaml: no such recipe file/);
  });
});
