import assert from 'node:assert/strict';
import { UserError } from '../../../src/errors.js';
import { pairScores, trialSides } from '../../../src/scoring/backend/pair-scorer.js';
import { simplifiedPldaScorer, trainSimplifiedPlda } from '../../../src/scoring/backend/simplified-plda.js';
import { bySpeaker, namedRows, values, worst } from './backend-fixtures.js';

describe('simplified PLDA', () => {
  const train = bySpeaker('plda/train', 'plda/train_labels');
  const enrol = bySpeaker('plda/enrol', 'plda/enrol_labels');
  const tests = namedRows('plda/test', 't');

  for (const [rank, scaling, prefix] of [
    [6, 1, 'plda/sb_rank6_sf1.0'],
    [12, 1, 'plda/sb_rank12_sf1.0'],
    [6, 0.05, 'plda/sb_rank6_sf0.05'],
  ] as const) {
    it(`learns and scores as SpeechBrain, with rank ${rank} and scaling ${scaling}`, () => {
      const plda = trainSimplifiedPlda(train, { rank, scaling });
      const check = (what: string, got: ArrayLike<number>) => {
        const expected = values(`${prefix}.${what}`);
        // Relative to the largest; scores of 1e-12, as those with scaling 0.05, are what is left of terms of order 1.
        const tolerance = 1e-6 * Math.max(...expected.map(Math.abs)) + 1e-16;
        const off = worst(got, expected);
        assert.ok(off <= tolerance, `${what} is off by ${off}`);
      };
      check('mean', plda.mean);
      check('FFt', plda.factors.mmul(plda.factors.transpose()).to1DArray());
      check('Sigma', plda.residual.to1DArray());
      const embeddings = new Map([...tests, ...[...enrol.values()].flatMap((rows) => [...rows])]);
      const enrolment = new Map(Array.from(enrol, ([speaker, rows]) => [speaker, [...rows.keys()]]));
      const trials = [...enrol.keys()].flatMap((enroll) => [...tests.keys()].map((test) => ({ enroll, test })));
      const scorer = simplifiedPldaScorer(plda);
      check('scores', pairScores(scorer, trialSides(scorer, embeddings, trials, { enrolment })));
    });
  }

  it('refuses a rank that there are too few speakers for', () => {
    const few = new Map([...train].slice(0, 6));
    assert.throws(
      () => trainSimplifiedPlda(few, { rank: 6 }),
      (error) =>
        error instanceof UserError && /rank 6 needs .* more than 6 speakers,\ngot 12 dim.* and 6/.test(error.message),
    );
  });

  it('refuses data whose covariance is singular', () => {
    const flat = new Map(
      Array.from(train, ([speaker, rows]) => [
        speaker,
        new Map(Array.from(rows, ([id, row]) => [id, row.map((value, i) => (i === 11 ? row[0] : value))])),
      ]),
    );
    assert.throws(() => trainSimplifiedPlda(flat, { rank: 4 }), /residual covariance is singular/);
  });
});
