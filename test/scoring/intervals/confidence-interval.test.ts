import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import {
  type Estimate,
  measuredDifference,
  measuredFigure,
} from '../../../src/scoring/intervals/confidence-interval.js';

describe('confidence intervals', () => {
  /** The figure is the mean of one number a speaker, for which jackknife and bootstrap are known. */
  const ofSpeakers = (values: number[], seedValues?: number[]): Estimate => {
    const total = values.reduce((sum, value) => sum + value, 0);
    const value = total / values.length;
    return {
      value,
      seedValues: seedValues ?? [value],
      resampled: Float64Array.of(value, value),
      without: Float64Array.from(values, (left) => (total - left) / (values.length - 1)),
    };
  };
  const close = (got: number, expected: number, tolerance = 1e-9) =>
    assert.ok(Math.abs(got - expected) < tolerance, `got ${got}, expected ${expected}`);
  const draw = (count: number, key: number, make: (normal: number) => number) => {
    const random = keyedRandom('confidence-interval.test', key);
    return Array.from({ length: count }, () => make(random.normal()));
  };

  it("is Student's for the difference of two means over speakers", () => {
    const a = ofSpeakers([3, 5, 4, 8, 6]);
    const b = ofSpeakers([2, 5, 2, 5, 3]);
    const { difference, interval, pValue, seSpeakers, seSeeds, freedom } = measuredDifference(a, b);
    // Differences 1 0 2 3 3: mean 1.8, s² = 1.7, standard error √(1.7 / 5); t(4) = 2.776.
    close(difference, 1.8);
    close(seSpeakers, Math.sqrt(1.7 / 5));
    assert.deepEqual([freedom, seSeeds], [4, undefined]);
    close(interval[0], 1.8 - 2.776 * Math.sqrt(0.34), 1e-3);
    // In closed form for 4 degrees of freedom, with t / 2 the tangent of an angle.
    const angle = Math.atan(1.8 / Math.sqrt(0.34) / 2);
    close(pValue, 1 - Math.sin(angle) * (1 + Math.cos(angle) ** 2 / 2));
  });

  it('adds the variances of folds, with the degrees of freedom of each', () => {
    // Means over 5 and over 3 speakers: the figure is their mean.
    const folds = [
      [3, 5, 4, 8, 6],
      [1, 2, 6],
    ].map((values) => ofSpeakers(values));
    const value = (folds[0].value + folds[1].value) / 2;
    const without = folds.flatMap((fold) => Array.from(fold.without, (left) => value + (left - fold.value) / 2));
    const both: Estimate = { value, seedValues: [value], resampled: Float64Array.of(value, value), without: Float64Array.from(without), strata: [5, 3] }; // prettier-ignore
    const none = { ...both, value: 1, without: new Float64Array(8).fill(1) };
    const { seSpeakers, freedom } = measuredDifference(both, none);
    // s² = 3.7 over 5 speakers and 7 over 3, each weighted by a half.
    const [a, b] = [3.7 / 5 / 4, 7 / 3 / 4];
    close(seSpeakers, Math.sqrt(a + b));
    close(freedom, (a + b) ** 2 / (a ** 2 / 4 + b ** 2 / 2));
    close(measuredFigure(both).seSpeakers, Math.sqrt(a + b));
  });

  it('says nothing of a difference that is not finite', () => {
    const infinite = { ...ofSpeakers([1, 2, 3]), value: Infinity };
    for (const baseline of [ofSpeakers([1, 2, 4]), infinite]) {
      const { pValue, interval } = measuredDifference(infinite, baseline);
      assert.deepEqual([pValue, ...interval], [1, -Infinity, Infinity]);
    }
  });

  it('adds the variance of seeds, with fewer degrees of freedom', () => {
    const a = ofSpeakers([3, 5, 4, 8, 6], [5.2, 4.6, 5.8]); // s² / 3 = 0.12, 2 degrees of freedom
    const b = ofSpeakers([2, 5, 2, 5, 3]);
    const { seSeeds, seedFreedom, freedom, pValue } = measuredDifference(a, b);
    close(seSeeds!, Math.sqrt(0.12));
    close(seedFreedom!, 2);
    close(freedom, 0.46 ** 2 / (0.34 ** 2 / 4 + 0.12 ** 2 / 2));
    assert.ok(pValue > measuredDifference(ofSpeakers([3, 5, 4, 8, 6]), b).pValue);
    const spread = measuredFigure(ofSpeakers([3, 5, 4, 8, 6], [5.2, 3.2, 7.2]));
    close(spread.seSeeds!, 2 / Math.sqrt(3));
    assert.ok(spread.interval[1] > measuredFigure(ofSpeakers([3, 5, 4, 8, 6])).interval[1]);
  });

  it('never lets p-value, difference and ratio contradict each other', () => {
    let significant = 0;
    for (let key = 0; key < 400; key++) {
      const shift = (key % 8) / 10;
      const b = draw(8, key, (x) => Math.max(0, x + (key % 3) / 2));
      const a = draw(8, key + 1000, (x) => Math.max(0, 0.7 * x + (key % 3) / 2 + shift));
      if (b.every((value) => value === 0)) continue;
      const got = measuredDifference(ofSpeakers(a), ofSpeakers(b));
      const without0 = ([low, high]: readonly [number, number]) => low > 0 || high < 0;
      assert.equal(got.pValue < 0.05, without0(got.interval), `difference ${key}`);
      assert.equal(got.pValue < 0.05, without0(got.relativeInterval), `ratio ${key}`);
      assert.ok(got.relativeInterval[0] >= -1 && got.relativeInterval[0] <= got.relative, `ratio ${key}`);
      assert.ok(got.relative <= got.relativeInterval[1] + 1e-12, `ratio ${key}`);
      significant += Number(got.pValue < 0.05);
    }
    assert.ok(significant > 40 && significant < 360, `${significant}`);
  });

  it('finds no difference of a system from itself', () => {
    const a = ofSpeakers([3, 5, 4, 8, 6]);
    const { interval, relativeInterval, pValue } = measuredDifference(a, a);
    assert.deepEqual([interval, relativeInterval, pValue], [[0, 0], [0, 0], 1]);
  });

  it('leaves the ratio to an error-free baseline open', () => {
    const none = ofSpeakers([0, 0, 0, 0]);
    const some = measuredDifference(ofSpeakers([1, 0, 0, 1]), none);
    assert.deepEqual([some.relative, some.relativeInterval], [Infinity, [-1, Infinity]]);
    const both = measuredDifference(none, none);
    assert.deepEqual([both.relative, both.relativeInterval, both.pValue], [0, [-1, Infinity], 1]);
  });

  it('says of two systems without errors how far apart they could be unseen', () => {
    const none = ofSpeakers(Array.from({ length: 40 }, () => 0));
    const { difference, interval } = measuredDifference(none, none, { rate: true });
    assert.equal(difference, 0);
    close(interval[1], 1 - 0.025 ** (1 / 40));
    assert.equal(interval[0], -interval[1]);
  });

  it('leaves the ratio to a baseline that might be error-free without an upper end', () => {
    const { relativeInterval } = measuredDifference(ofSpeakers([1, 1, 2, 1]), ofSpeakers([0, 0, 4, 0]));
    assert.equal(relativeInterval[1], Infinity);
  });

  it('holds the figure, reaches further up than down, and stays within bounds', () => {
    const estimate = ofSpeakers([0.1, 0, 0, 0.02, 0.05, 0, 0.01, 0.04]);
    const { value, interval } = measuredFigure(estimate, { greatest: 1 });
    assert.ok(interval[0] > 0 && interval[0] < value && interval[1] - value > value - interval[0]);
    assert.deepEqual(measuredFigure(ofSpeakers([1, 0, 0, 0]), { greatest: 1 }).interval[1], 1);
    const low = { ...estimate, resampled: Float64Array.of(value / 2) };
    const corrected = measuredFigure(low, { minimum: true }).interval;
    assert.ok(corrected[0] <= value && corrected[1] > interval[1]);
    assert.deepEqual(measuredFigure(low, { greatest: 1 }).interval, interval);
  });

  it('counts the speakers, not the groups of them, for what no errors leave open', () => {
    const none = ofSpeakers([0, 0, 0, 0]);
    close(measuredFigure(none, { rate: true, speakers: 1000 }).interval[1], 1 - 0.025 ** (1 / 1000));
  });

  it('says of no errors how many could be there unseen', () => {
    const none = ofSpeakers(Array.from({ length: 40 }, () => 0));
    close(measuredFigure(none, { rate: true, greatest: 1 }).interval[1], 1 - 0.025 ** (1 / 40));
    assert.deepEqual(measuredFigure(none, { greatest: 1 }).interval, [0, 1]);
    // The mean of two folds, one of 7 speakers: half of what these would not show.
    const folds = { ...ofSpeakers(Array.from({ length: 207 }, () => 0)), strata: [7, 200] };
    const unseen = (1 - 0.025 ** (1 / 7)) / 2;
    close(measuredFigure(folds, { rate: true }).interval[1], unseen);
    close(measuredDifference(folds, folds, { rate: true }).interval[1], unseen);
  });
});
