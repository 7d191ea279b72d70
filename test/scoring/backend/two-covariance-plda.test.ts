import assert from 'node:assert/strict';
import { determinant, inverse, Matrix } from 'ml-matrix';
import { UserError } from '../../../src/errors.js';
import { keyedRandom } from '../../../src/random.js';
import { pairScores, trialSides } from '../../../src/scoring/backend/pair-scorer.js';
import {
  pldaCovariances,
  trainTwoCovariancePlda,
  twoCovarianceScorer,
} from '../../../src/scoring/backend/two-covariance-plda.js';
import { bySpeaker, namedRows, values, worst } from './backend-fixtures.js';

describe('two-covariance PLDA', () => {
  const train = bySpeaker('plda/train', 'plda/train_labels');
  const enrol = bySpeaker('plda/enrol', 'plda/enrol_labels');
  const tests = namedRows('plda/test', 't');
  const trainMean = (() => {
    const all = [...train.values()].flatMap((rows) => [...rows.values()]);
    return all[0].map((_, i) => all.reduce((sum, row) => sum + row[i], 0) / all.length);
  })();
  const centre = (rows: ReadonlyMap<string, Float64Array>, mean: Float64Array) =>
    new Map(Array.from(rows, ([id, row]) => [id, row.map((value, i) => value - mean[i])]));

  for (const [lengthNorm, subtract] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ]) {
    const name = `plda/wespeaker_nl${Number(lengthNorm)}_sm${Number(subtract)}`;
    it(`learns and scores as WeSpeaker, ${lengthNorm ? 'with' : 'without'} length normalisation, training mean ${subtract ? 'subtracted' : 'kept'}`, () => {
      const mean = subtract ? trainMean : trainMean.map(() => 0);
      const centred = new Map(Array.from(train, ([speaker, rows]) => [speaker, centre(rows, mean)]));
      const plda = trainTwoCovariancePlda(centred, { lengthNorm });
      const { within, between } = pldaCovariances(plda);
      const embeddings = new Map([...tests, ...[...enrol.values()].flatMap((rows) => [...rows])]);
      const enrolment = new Map(Array.from(enrol, ([speaker, rows]) => [speaker, [...rows.keys()]]));
      const trials = [...enrol.keys()].flatMap((enroll) => [...tests.keys()].map((test) => ({ enroll, test })));
      const check = (what: string, got: ArrayLike<number>) => {
        const expected = values(`${name}.${what}`);
        const off = worst(got, expected, Math.max(...expected.map(Math.abs)));
        assert.ok(off <= 1e-12, `${what} is off by ${off}`); // both in double precision
      };
      check('mu', plda.mean);
      check('psi', plda.psi);
      check('W', within.to1DArray());
      check('B', between.to1DArray());
      check('transform', withSignsOf(values(`${name}.transform`), plda.transform));
      for (const [sessions, suffix] of [
        ['average', 'avg1'],
        ['counted', 'avg0'],
      ] as const) {
        const scorer = twoCovarianceScorer(plda, { sessions });
        // WeSpeaker takes the training mean off when it trains, and the mean of a set of its own when it scores.
        const scores = pairScores(scorer, trialSides(scorer, embeddings, trials, { enrolment }));
        const off = worst(scores, values(`${name}.scores_${suffix}`));
        assert.ok(off <= 1.1e-5, `${suffix}: off by ${off}`); // printed to 5 decimals
      }
    });
  }

  /** Values of a matrix whose rows are turned around where the reference's point the other way. */
  function withSignsOf(reference: number[], transform: Matrix): number[] {
    const dim = transform.columns;
    return transform.to2DArray().flatMap((row, i) => {
      const along = row.reduce((sum, value, j) => sum + value * reference[i * dim + j], 0);
      return row.map((value) => Math.sign(along) * value);
    });
  }

  it('scores log-likelihood ratios of the model that it has learnt', () => {
    // By the book: of [x₁ x₂ x₃] with a common speaker mean, against [x₁ x₂] and x₃ of two speakers, in one dimension.
    const psi = 3;
    const plda = { mean: Float64Array.of(0), transform: Matrix.eye(1), psi: Float64Array.of(psi), lengthNorm: false };
    const scorer = twoCovarianceScorer(plda, { sessions: 'counted' });
    const logDensity = (x: number[]) => {
      const covariance = Matrix.eye(x.length).add(Matrix.ones(x.length, x.length).mul(psi));
      const column = Matrix.columnVector(x);
      return (
        -(Math.log(determinant(covariance)) + column.transpose().mmul(inverse(covariance)).mmul(column).get(0, 0)) / 2
      );
    };
    const embeddings = new Map([
      ['a', [1.5]],
      ['b', [0.5]],
      ['c', [-0.7]],
    ]);
    const trials = [{ enroll: 'm', test: 'c' }];
    const enrolment = new Map([['m', ['a', 'b']]]);
    const [score] = pairScores(scorer, trialSides(scorer, embeddings, trials, { enrolment }));
    assert.ok(Math.abs(score - (logDensity([1.5, 0.5, -0.7]) - logDensity([1.5, 0.5]) - logDensity([-0.7]))) < 1e-12);
  });

  const drawn = (speakers: number, utterances: number, dim: number, spread = 1) => {
    const random = keyedRandom('plda.test', speakers, utterances, dim);
    return new Map(
      Array.from({ length: speakers }, (_, s) => {
        const voice = Float64Array.from({ length: dim }, () => 2 * random.normal());
        const said = (u: number): [string, Float64Array] => [
          `${s}-${u}`,
          voice.map((value, i) => value + (i === 0 ? spread : 1) * random.normal()),
        ];
        return [`s${s}`, new Map(Array.from({ length: utterances }, (_, u) => said(u)))];
      }),
    );
  };
  const refusals: [string, Map<string, Map<string, Float64Array>>, RegExp][] = [
    ['no more speakers than dimensions', drawn(5, 4, 5), /more than 5 speakers, got 5\n.*scoring.lda: 3 or less/],
    [
      'one utterance of each speaker',
      drawn(9, 1, 4),
      /covariance within speakers is singular: 9 utterances of 9 speakers/,
    ],
    [
      'NaN',
      new Map([...drawn(9, 3, 2), ['bad', new Map([['x', Float64Array.of(1, NaN)]])]]),
      /embedding of x is not finite/,
    ],
    ['no speakers', new Map(), /expected embeddings to learn from, got none/],
  ];
  for (const [what, speakers, message] of refusals) {
    it(`refuses to learn from ${what}`, () => {
      assert.throws(
        () => trainTwoCovariancePlda(speakers, { lengthNorm: false }),
        (error) => error instanceof UserError && message.test(error.message),
      );
    });
  }
});
