import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { UserError } from '../../../src/errors.js';
import { keyedRandom } from '../../../src/random.js';
import { detCurve } from '../../../src/scoring/measures/det-curve.js';
import { curveActDcf } from '../../../src/scoring/measures/act-dcf.js';
import { computeCllr } from '../../../src/scoring/measures/cllr.js';
import { computeEer, curveEer } from '../../../src/scoring/measures/eer.js';
import { computeMinDcf } from '../../../src/scoring/measures/min-dcf.js';
import { readSafetensors } from '../../../src/storage/safetensors.js';

interface MinDcfReference {
  args: { p_target: number; c_miss?: number; c_fa?: number };
  mindcf: number;
}
interface ReferenceSet {
  results: {
    exact_ties_grouped: { eer_linear_interp: number; mindcf_norm: Record<string, number> };
    wespeaker_mindcf_normalised: MinDcfReference[];
  };
}

describe('measures', () => {
  const fixtures = 'test/fixtures/metrics/metrics';
  const { sets } = JSON.parse(readFileSync(`${fixtures}.json`, 'utf8')) as { sets: Record<string, ReferenceSet> };

  const load = (name: string) => {
    const tensors = readSafetensors(`${fixtures}.safetensors`, [`${name}/pos`, `${name}/neg`]);
    return join([...tensors[`${name}/pos`].data], [...tensors[`${name}/neg`].data]);
  };
  const join = (targets: number[], nontargets: number[]) => ({
    scores: [...targets, ...nontargets],
    labels: [...targets.map(() => true), ...nontargets.map(() => false)],
  });

  // Both sides count in double precision; what is left is the order of a few roundings.
  const tolerance = 1e-12;
  const close = (got: number, expected: number, what: string) =>
    assert.ok(Math.abs(got - expected) <= tolerance, `${what}: got ${got}, expected ${expected}`);

  for (const [name, { results }] of Object.entries(sets)) {
    it(`gives the reference EER and minDCF of the set ${name}`, () => {
      const { scores, labels } = load(name);
      close(computeEer(scores, labels).eer, results.exact_ties_grouped.eer_linear_interp, 'EER');
      for (const [prior, expected] of Object.entries(results.exact_ties_grouped.mindcf_norm)) {
        close(computeMinDcf(scores, labels, { pTarget: Number(prior.slice(1)) }).minDcf, expected, `minDCF(${prior})`);
      }
    });
  }

  // Without ties the definitions of minDCF agree, so other costs can be checked against WeSpeaker's numbers.
  for (const name of ['tiny_2pos_3neg', 'neg_scores_300_2000', 'continuous_5k_45k']) {
    it(`gives WeSpeaker's minDCF of the set ${name}, also with unequal costs`, () => {
      const { scores, labels } = load(name);
      for (const { args, mindcf } of sets[name].results.wespeaker_mindcf_normalised) {
        const options = { pTarget: args.p_target, cMiss: args.c_miss, cFalseAlarm: args.c_fa };
        close(computeMinDcf(scores, labels, options).minDcf, mindcf, JSON.stringify(args));
      }
    });
  }

  it('agrees with counting errors at every threshold, on small sets full of ties', () => {
    const random = keyedRandom('metrics.test');
    for (let round = 0; round < 300; round++) {
      const draw = (count: number, shift: number) => Array.from({ length: count }, () => random.below(6) + shift);
      const { scores, labels } = join(draw(1 + random.below(7), random.below(3)), draw(1 + random.below(9), 0));
      close(computeEer(scores, labels).eer, countedEer(scores, labels), `EER of ${scores} / ${labels}`);
      close(computeMinDcf(scores, labels, { pTarget: 0.3 }).minDcf, countedMinDcf(scores, labels, 0.3), 'minDCF');
    }
  });

  it('does not depend on the order of the trials', () => {
    const { scores, labels } = load('ties_200_1000');
    const order = keyedRandom('order').shuffle(scores.map((_, i) => i));
    const shuffled = computeEer(
      order.map((i) => scores[i]),
      order.map((i) => labels[i]),
    );
    assert.deepEqual(shuffled, computeEer(scores, labels));
  });

  it('gives thresholds at which the stated rates are met', () => {
    const { scores, labels } = join([0.9, 0.8, 0.4, 0.7], [0.1, 0.5, 0.3, 0.2]);
    assert.deepEqual(computeEer(scores, labels), { eer: 0.25, threshold: 0.5 });
    assert.deepEqual(computeMinDcf(scores, labels), { minDcf: 0.25, threshold: 0.7 });
    assert.deepEqual(computeMinDcf([1, 2], [true, false]), { minDcf: 1, threshold: Infinity });
    assert.equal(Number.isFinite(computeEer([3, 3, 3], [true, false, false]).threshold), true);
  });

  it('lists operating points from nothing accepted to everything accepted', () => {
    const curve = detCurve([2, 1, 1, 0], [1, 1, 0, 0]);
    assert.deepEqual([...curve.thresholds], [Infinity, 2, 1, 0]);
    assert.deepEqual([...curve.misses], [2, 1, 0, 0]);
    assert.deepEqual([...curve.falseAlarms], [0, 0, 1, 2]);
    assert.deepEqual(curveEer(curve), computeEer([2, 1, 1, 0], [1, 1, 0, 0]));
  });

  it('charges scores that are not calibrated: actDCF at the theoretical threshold, Cllr in bits', () => {
    const llrs = [5, 4.5, -5, -6];
    const labels = [true, true, false, false];
    const softplus = (x: number) => Math.log2(1 + Math.exp(x));
    close(
      computeCllr(llrs, labels),
      ((softplus(-5) + softplus(-4.5)) / 2 + (softplus(-5) + softplus(-6)) / 2) / 2,
      'Cllr',
    );
    close(computeCllr([0, 0], [1, 0]), 1, 'Cllr of scores that say nothing');
    // ln 99 = 4.595…: the second target falls below it.
    assert.equal(curveActDcf(detCurve(llrs, labels)), 0.5);
    close(curveActDcf(detCurve([5, 5], [true, false]), { pTarget: 0.01 }), 99, 'one false alarm of one, at p = 0.01');
    assert.equal(computeCllr([800, -800], [false, true]), 800 / Math.LN2); // no overflow
  });

  const degenerate: [string, number[], boolean[], RegExp][] = [
    ['no trials', [], [], /got 0 target and 0 nontarget/],
    ['targets only', [1, 2], [true, true], /metrics need trials of both kinds, got 2 target and 0 nontarget/],
    ['nontargets only', [1], [false], /got 0 target and 1 nontarget/],
    ['a score that is NaN', [1, NaN, 0], [true, false, false], /the score of trial 2 of 3 is NaN/],
  ];
  for (const [what, scores, labels, message] of degenerate) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => computeEer(scores, labels),
        (error) => error instanceof UserError && message.test(error.message),
      );
    });
  }

  it('takes infinite log-likelihood ratios for what they are: beyond all others, and sure', () => {
    const finite = { scores: [9, 2, -9, 1, 9, -9], labels: [true, true, true, false, false, false] };
    const infinite = {
      ...finite,
      scores: finite.scores.map((score) => (Math.abs(score) === 9 ? score * Infinity : score)),
    };
    const [a, b] = [finite, infinite].map(({ scores, labels }) => detCurve(scores, labels));
    assert.deepEqual([b.misses, b.falseAlarms], [a.misses, a.falseAlarms]);
    assert.equal(curveEer(b).eer, curveEer(a).eer);
    // A sure and right decision costs nothing, a sure and wrong one without end.
    close(computeCllr([Infinity, -Infinity, 0], [true, false, false]), 0.25, 'Cllr');
    assert.equal(computeCllr([-Infinity, 0], [true, false]), Infinity);
    assert.equal(curveActDcf(detCurve([Infinity, -Infinity], [true, false])), 0);
  });

  it('takes about N log N time', () => {
    const random = keyedRandom('speed');
    const scores = Float32Array.from({ length: 500_000 }, () => random.uniform());
    const labels = scores.map((_, i) => Number(i % 50 === 0));
    const start = performance.now();
    computeEer(scores, labels);
    assert.ok(performance.now() - start < 10_000); // 0.1 s on a quiet machine; a quadratic method takes minutes
  });
});

/** (P_miss, P_fa) at each distinct score and +∞, in order of rising threshold. */
function countedRates(scores: number[], labels: boolean[]): [number, number][] {
  const share = (of: boolean, error: (score: number) => boolean) => {
    const chosen = scores.filter((_, i) => labels[i] === of);
    return chosen.filter(error).length / chosen.length;
  };
  const thresholds = [...new Set(scores)].sort((a, b) => a - b);
  return [...thresholds, Infinity].map((t) => [share(true, (s) => s < t), share(false, (s) => s >= t)]);
}

function countedEer(scores: number[], labels: boolean[]): number {
  const rates = countedRates(scores, labels);
  const after = rates.findIndex(([miss, fa]) => miss >= fa);
  const [[miss0, fa0], [miss1, fa1]] = [rates[after - 1], rates[after]];
  // P_miss = P_fa on the line between the two: solved for its parameter.
  const t = (fa0 - miss0) / (miss1 - miss0 - (fa1 - fa0));
  return miss0 + t * (miss1 - miss0);
}

function countedMinDcf(scores: number[], labels: boolean[], p: number): number {
  return Math.min(...countedRates(scores, labels).map(([miss, fa]) => p * miss + (1 - p) * fa)) / Math.min(p, 1 - p);
}
