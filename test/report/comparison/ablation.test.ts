/**
 * @file An ablation's figures: the lowest development EER of an axis, changes relative to the base, spread over seeds.
 */
import assert from 'node:assert/strict';
import { createAblation, type AblationInput, type AblationTrials } from '../../../src/report/comparison/ablation.js';
import { ablationCsv, formatAblation } from '../../../src/report/comparison/ablation-files.js';
import { keyedRandom } from '../../../src/random.js';

/** Every speaker against every one, several times; targets score `gap` higher. */
function trialsOf(speakers: number, gaps: Record<string, number[]>): AblationTrials {
  const sides = Array.from({ length: speakers ** 2 * 4 }, (_, i) => [
    i % speakers,
    Math.floor(i / speakers) % speakers,
  ]);
  const labels = Uint8Array.from(sides, ([a, b]) => Number(a === b));
  const scores = Object.entries(gaps).map(([name, runs]): [string, Float64Array[]] => [
    name,
    runs.map((gap, seed) => {
      const random = keyedRandom('ablation', seed);
      return Float64Array.from(labels, (label) => random.normal() + gap * label);
    }),
  ]);
  return {
    labels,
    speakers: {
      names: Array.from({ length: speakers }, (_, i) => `s${i}`),
      enroll: Uint32Array.from(sides, ([a]) => a),
      test: Uint32Array.from(sides, ([, b]) => b),
    },
    scores: new Map(scores),
  };
}

const input = (development: AblationTrials, test?: AblationTrials): AblationInput => ({
  name: 'r',
  base: 'a',
  axes: [
    {
      name: 'latents',
      variants: [
        { label: '32', system: 'b' },
        { label: '64', system: 'a' },
      ],
    },
    {
      name: 'pooling',
      variants: [
        { label: 'cross', system: 'a' },
        { label: 'x|y', system: 'c' },
      ],
    },
  ],
  models: new Map(['a', 'b', 'c'].map((name, i) => [name, { title: name, parameters: 1e6 * (i + 1), macs: 1e9 }])),
  development,
  ...(test && { test }),
  macsDuration: 3,
});

describe('an ablation', () => {
  const gaps = { a: [2, 2.1], b: [4, 4], c: [1, 1.1] };

  it('marks the lowest development EER of each axis, and compares all with the base', () => {
    const { axes, development } = createAblation(input(trialsOf(10, gaps)));
    assert.deepEqual(
      axes.map(({ rows }) => rows.map(({ best, base }) => [best, base])),
      [
        [
          [true, false],
          [false, true],
        ],
        [
          [true, true],
          [false, false],
        ],
      ],
    );
    const [better, base] = axes[0].rows.map((row) => row.development);
    assert.equal(base.eer, (base.runs[0] + base.runs[1]) / 2);
    assert.ok(better.change! < 0 && better.pValue! < 0.05 && better.changeInterval![1] < 0);
    assert.ok(axes[1].rows[1].development.change! > 0);
    assert.deepEqual([base.change, base.pValue], [undefined, undefined]);
    assert.deepEqual([development.trials, development.targets, development.noIntervals], [400, 40, undefined]);
  });

  it('has EERs without intervals where the speakers are too few', () => {
    const { axes, development } = createAblation(input(trialsOf(3, gaps)));
    assert.match(development.noIntervals!, /too few/);
    const [variant, base] = axes[0].rows.map((row) => row.development);
    assert.equal(variant.interval, undefined);
    assert.ok(Math.abs(variant.change! - (variant.eer - base.eer) / base.eer) < 1e-12);
    assert.match(
      formatAblation(createAblation(input(trialsOf(3, gaps)))),
      /There are no intervals: 3 speakers are too few/,
    );
  });

  it('says of the test EER what it is for, and that it was kept back', () => {
    const development = trialsOf(10, gaps);
    const both = createAblation(input(development, trialsOf(8, gaps)));
    assert.equal(both.test!.speakers, 8);
    assert.match(formatAblation(both), /Test EER: only to be looked at\./);
    const markdown = formatAblation(createAblation(input(development)), { style: 'markdown' });
    assert.match(markdown, /The test trials are kept back/);
    assert.match(markdown, /\| {9}\| x\\\|y/); // a cell's bar is none of the table's
    const [header, first] = ablationCsv(both).split('\n');
    assert.equal(header.split(',').length, first.split(',').length);
  });
});
