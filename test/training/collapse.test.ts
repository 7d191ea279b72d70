/** @file Warnings of collapse: each cause from the readings that were measured where it was the cause. */
import assert from 'node:assert/strict';
import { featureOptions } from '../../src/features/options.js';
import { augmentationOptions } from '../../src/features/augmentation/options.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { createCollapseWatch, type CollapseContext } from '../../src/training/collapse.js';
import type { Readings } from '../../src/training/instruments.js';
import { marginOptions, scheduleOptions } from '../../src/training/optimisation/schedule.js';

const [FIRST, SECOND] = ['ACA_blocks.0.cross_attention.0', 'ACA_blocks.0.cross_attention.1'];

function context({
  model = {},
  ...rest
}: { model?: object } & Omit<Partial<CollapseContext>, 'model'> = {}): CollapseContext {
  const modelOptions = parseModelOptions(
    { type: 'aca-net', latents: 8, embed: 8, blocks: 1, layers: 1, heads: 2, ...model },
    'test',
  );
  return {
    modelOptions,
    model: createModel(modelOptions),
    name: 'aca-small',
    training: {
      schedule: scheduleOptions.parse({ type: 'warmup-cosine', peak: 2e-3 }),
      loss: { margin: marginOptions.parse({ type: 'exponential', final: 0.2, end: '50 %' }) },
    },
    augmentation: null,
    features: featureOptions.parse({ type: 'kaldi', normalize: 'global' }),
    ...rest,
  };
}

const healthy: Readings = {
  utterances: 48,
  spread: 9,
  spectrum: [0.3, 0.2],
  common: 0.01,
  attention: { [FIRST]: { entropy: 0.94, diversity: 0.08 }, [SECOND]: { entropy: 0.94, diversity: 0.08 } },
  weightNorms: {},
};
const attending = (first: [number, number], second: [number, number]) => ({
  [FIRST]: { entropy: first[0], diversity: first[1] },
  [SECOND]: { entropy: second[0], diversity: second[1] },
});
const wide = { latentInit: { std: 2 } };

describe('collapse warnings', () => {
  it('say nothing of a healthy network, nor of a low spread before the first step and within the first epoch', () => {
    const watch = createCollapseWatch(context({ model: wide }));
    assert.deepEqual(watch.observe({ step: 0, instruments: { ...healthy, spread: 1.4 } }), []);
    assert.deepEqual(watch.observe({ step: 0, instruments: healthy }), []);
    assert.deepEqual(watch.observe({ step: 10, instruments: { ...healthy, spread: 1.8 } }), []);
    assert.deepEqual(watch.observe({ step: 28, devEer: 0.2, instruments: { ...healthy, spread: 3.8 } }), []);
    assert.deepEqual(watch.observe({ step: 28, loss: 9 }), [], 'rows without instruments are passed over');
  });

  it('say nothing of a low spread while the speakers of the crops are recognised, or before it is known whether they are', () => {
    // ECAPA-TDNN of 20.8 M parameters as it was seen on 101 speakers.
    const watch = createCollapseWatch(context({ model: wide }));
    const low = { ...healthy, spread: 1.2 };
    assert.deepEqual(watch.observe({ step: 10, instruments: { ...healthy, spread: 1.3 } }), []);
    assert.deepEqual(watch.observe({ step: 20, accuracy: 0.25, gradNorm: 36 }), []);
    assert.deepEqual(watch.observe({ step: 25, instruments: low }), []);
    assert.deepEqual(watch.observe({ step: 38, accuracy: 0.44, devEer: 0.2, instruments: low }), []);
    assert.deepEqual(watch.observe({ step: 40, accuracy: 0.03, gradNorm: 20 }), []);
    assert.match(watch.observe({ step: 50, instruments: low })[0], /about 1\.2 directions/);
  });

  it('name latents that attend alike before the first step, whatever the spread', () => {
    const alike = { ...healthy, attention: attending([0.99999, 1e-5], [0.99884, 2.2e-5]) };
    const watch = createCollapseWatch(context());
    const [warning] = watch.observe({ step: 0, instruments: alike });
    assert.equal(
      warning,
      'warning: before the first step all latents attend to the same frames: the diversity of their attention is 0.000022 (limit 0.01), its entropy 1.00 1.00 (1 means all frames alike)\n' +
        '  likely cause: the latents start too small (std 0.02): queries are projections of them, not normalised\n' +
        '  try --set systems.aca-small.model.latentInit.std=2',
    );
    assert.deepEqual(watch.observe({ step: 10, instruments: alike }), [], 'a cause is named once');
    const normalised = createCollapseWatch(context({ model: { queryScale: 0.5 } }));
    assert.match(normalised.observe({ step: 0, instruments: alike })[0], /--set systems.aca-small.model.queryScale=2$/);
  });

  it('name the direction that all values of the embedding share', () => {
    const aligned = { ...healthy, spread: 1.2, common: 0.89 };
    const [warning] = createCollapseWatch(context({ model: wide, name: 'aca-small@2' })).observe({
      step: 25,
      instruments: aligned,
    });
    assert.match(
      warning,
      /about 1\.2 directions \(limit 3\): in 89 % of their variance all values rise and fall together/,
    );
    assert.match(warning, /try --set systems.aca-small.model.centred=true$/);
  });

  it('name both where both are so, and seek no other cause of a spread that stays low', () => {
    const released = { ...healthy, spread: 1, common: 0.99, attention: attending([0.99999, 1e-5], [0.99884, 2.2e-5]) };
    const watch = createCollapseWatch(context());
    const warnings = watch.observe({ step: 0, instruments: released });
    assert.deepEqual(
      warnings.map((warning) => /--set \S+\.(\w+=\w+)$/.exec(warning)?.[1]),
      ['std=2', 'centred=true'],
    );
    assert.deepEqual(watch.observe({ step: 56, devEer: 0.4, instruments: { ...healthy, spread: 2 } }), []);
  });

  it('name a learning rate at which attention locks on single frames', () => {
    const locked = { ...healthy, spread: 2.1, attention: attending([0.48, 0.39], [0.014, 0.17]) };
    const [warning] = createCollapseWatch(context({ model: wide })).observe({ step: 25, instruments: locked });
    assert.match(warning, /attention of block 1, cross attention 2 looks at single frames only: its entropy is 0\.014/);
    assert.match(warning, /--set systems.aca-small.training.schedule.peak=5e-4$/);
  });

  it('do not take the even attention of statistics pooling for a fault', () => {
    const modelOptions = parseModelOptions({ type: 'ecapa-tdnn', channels: [8, 8, 8, 8, 24] }, 'test');
    const ecapa = { ...context(), modelOptions, model: createModel(modelOptions) };
    const even = { ...healthy, attention: { asp: { entropy: 0.9998, diversity: 0.0002 } } };
    assert.deepEqual(createCollapseWatch(ecapa).observe({ step: 0, instruments: even }), []);
  });

  describe('where attention tells nothing', () => {
    const few = { ...healthy, spread: 2 };
    const cases: [
      what: string,
      context: Partial<CollapseContext>,
      rows: { gradNorm: number; margin: number }[],
      expected: RegExp,
    ][] = [
      [
        'gradients that grow',
        {},
        [
          { gradNorm: 20, margin: 0 },
          { gradNorm: 90, margin: 0 },
        ],
        /the norm of the gradients has grown from 20 to 90.*\n.*schedule.peak=7e-4$/,
      ],
      [
        "noise over features of the training set's mean",
        { augmentation: augmentationOptions.parse({ noise: { source: 'musan/noise' } }) },
        [{ gradNorm: 20, margin: 0 }],
        /from 9\.0 earlier.*\n.*noise and reverberation.*\n.*--set features.normalize=mean$/,
      ],
      [
        'a margin that has begun',
        {},
        [{ gradNorm: 20, margin: 0.1 }],
        /margin began.*\n.*loss.margin.start='30 %' or /,
      ],
      ['nothing in particular', {}, [{ gradNorm: 20, margin: 0 }], /learning rate.*\n.*schedule.peak=7e-4$/],
    ];
    for (const [what, own, rows, expected] of cases) {
      it(`judge by ${what}`, () => {
        const watch = createCollapseWatch(context({ model: wide, ...own }));
        watch.observe({ step: 0, instruments: healthy });
        for (const row of rows) watch.observe({ step: 20, ...row });
        assert.match(watch.observe({ step: 28, devEer: 0.3, instruments: few })[0], expected);
      });
    }
  });

  it('expect no more directions than a few development utterances can have', () => {
    const watch = createCollapseWatch(context({ model: wide }));
    assert.deepEqual(
      watch.observe({ step: 28, devEer: 0.3, instruments: { ...healthy, spread: 1.6, utterances: 6 } }),
      [],
    );
  });

  it('advise on the schedule that there is', () => {
    const locked = { ...healthy, attention: attending([0.01, 0.1], [0.9, 0.1]) };
    for (const [schedule, expected] of [
      [{ type: 'constant', lr: 4e-3 }, 'schedule.lr=1e-3'],
      [{ type: 'cyclic', base: 1e-8, max: 4e-3, halfCycle: '1 epoch' }, 'schedule.max=1e-3'],
      [{ type: 'exponential', initial: 0.4, final: 1e-5 }, 'schedule.initial=1e-1'],
    ] as const) {
      const training = { ...context().training, schedule: scheduleOptions.parse(schedule) };
      const [warning] = createCollapseWatch(context({ model: wide, training })).observe({
        step: 10,
        instruments: locked,
      });
      assert.ok(warning.endsWith(`--set systems.aca-small.training.${expected}`), warning);
    }
  });
});
