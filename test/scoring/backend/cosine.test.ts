import assert from 'node:assert/strict';
import { UserError } from '../../../src/errors.js';
import { keyedRandom } from '../../../src/random.js';
import { cosineScores } from '../../../src/scoring/backend/cosine.js';

describe('cosine', () => {
  const embeddings = new Map([
    ['a', Float32Array.of(3, 4)],
    ['b', Float32Array.of(8, 6)],
    ['c', Float32Array.of(-3, -4)],
    ['d', Float32Array.of(-40, 30)],
  ]);
  const trial = (enroll: string, test: string) => ({ enroll, test });

  // Unit vectors are kept as float32: relative error 2^-24 in each factor.
  const close = (got: Float64Array, expected: number[]) => {
    assert.equal(got.length, expected.length);
    expected.forEach((value, i) => assert.ok(Math.abs(got[i] - value) < 2.5e-7, `${i}: ${got[i]}, expected ${value}`));
  };

  it('scores by direction alone, whatever the length', () => {
    const trials = [trial('a', 'b'), trial('a', 'c'), trial('a', 'd'), trial('a', 'a')];
    close(cosineScores(embeddings, trials), [0.96, -1, 0, 1]);
  });

  it('enrolls a model with the average of its normalised embeddings', () => {
    // Of a = (0.6, 0.8) and b = (0.8, 0.6): (1, 1)/√2, whatever the embeddings' lengths; d = (-0.8, 0.6).
    const enrolment = new Map([
      ['m', ['a', 'b']],
      ['a', ['d']], // a model may have the name of an utterance
    ]);
    const trials = [trial('m', 'a'), trial('m', 'd'), trial('a', 'd'), trial('a', 'a')];
    close(cosineScores(embeddings, trials, { enrolment }), [1.4 / Math.SQRT2, -0.2 / Math.SQRT2, 1, 0]);
  });

  it('says which model is missing, and which has no direction', () => {
    const enrolment = new Map([['m', ['a', 'c']]]);
    assert.throws(
      () => cosineScores(embeddings, [trial('m', 'b')], { enrolment }),
      /model m: its embeddings cancel out/,
    );
    assert.throws(() => cosineScores(embeddings, [trial('n', 'b')], { enrolment }), /model n of the trials is not in/);
  });

  it('is symmetric to the last bit and stays within [-1, 1]', () => {
    const random = keyedRandom('cosine.test');
    const many = new Map(
      Array.from(
        { length: 50 },
        (_, i) => [`u${i}`, Float32Array.from({ length: 192 }, () => random.normal())] as const,
      ),
    );
    const ids = [...many.keys()];
    const pairs = ids.flatMap((a) => ids.map((b) => trial(a, b)));
    const forward = cosineScores(many, pairs);
    const backward = cosineScores(
      many,
      pairs.map(({ enroll, test }) => trial(test, enroll)),
    );
    assert.deepEqual(forward, backward);
    assert.ok(forward.every((score) => score >= -1 && score <= 1));
  });

  it('lists the first ten utterances without an embedding, and their number', () => {
    const trials = Array.from({ length: 12 }, (_, i) => trial('a', `x${i}`));
    assert.throws(
      () => cosineScores(embeddings, trials, { where: 'xvector.scp' }),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /^xvector\.scp: 12 of the 13 utterances in the trials have no embedding: x0, x1,/);
        assert.match(error.message, /x9.*2 more/);
        assert.doesNotMatch(error.message, /x10/);
        return true;
      },
    );
  });

  const unusable: [string, Float32Array, RegExp][] = [
    ['zero', Float32Array.of(0, 0), /bad: the embedding is zero/],
    ['NaN', Float32Array.of(1, NaN), /the embedding of bad is not finite/],
    ['infinite', Float32Array.of(1, Infinity), /the embedding of bad is not finite/],
    ['of another length', Float32Array.of(1, 2, 3), /the embedding of bad has 3 values, expected 2/],
  ];
  for (const [what, bad, message] of unusable) {
    it(`names an embedding that is ${what}`, () => {
      const withBad = new Map([...embeddings, ['bad', bad]]);
      assert.throws(() => cosineScores(withBad, [trial('a', 'bad')]), message);
    });
  }
});
