import assert from 'node:assert/strict';
import { EigenvalueDecomposition, inverse, Matrix } from 'ml-matrix';
import { ldaTransform } from '../../../src/scoring/backend/lda.js';
import { betweenCovariance, speakerStatistics } from '../../../src/scoring/backend/speaker-statistics.js';
import { wccnTransform } from '../../../src/scoring/backend/wccn.js';
import { bySpeaker, values, worst } from './backend-fixtures.js';

describe('LDA and WCCN', () => {
  const train = bySpeaker('plda/train', 'plda/train_labels');
  const statistics = speakerStatistics(train);
  const between = betweenCovariance(statistics);
  const within = statistics.covariance;
  const fisher = (direction: Matrix) =>
    direction.transpose().mmul(between).mmul(direction).get(0, 0) /
    direction.transpose().mmul(within).mmul(direction).get(0, 0);
  const reference = new Matrix(12, 4);
  values('lda/sb_transform_dim4').forEach((value, i) => reference.set(Math.floor(i / 4), i % 4, value));

  it('finds directions that solve the generalised eigenproblem, the most discriminant first', () => {
    const transform = ldaTransform(statistics, 4);
    const ratios = transform.to2DArray().map((row) => fisher(Matrix.columnVector(row)));
    assert.deepEqual(
      ratios,
      ratios.toSorted((a, b) => b - a),
    );
    transform.to2DArray().forEach((row, i) => {
      const direction = Matrix.columnVector(row);
      const residual = Matrix.sub(between.mmul(direction), within.mmul(direction).mul(ratios[i]));
      assert.ok(residual.norm() < 1e-10 * between.norm(), `direction ${i}: ${residual.norm()}`);
    });
    assert.ok(worst(transform.mmul(within).mmul(transform.transpose()).to1DArray(), Matrix.eye(4).to1DArray()) < 1e-12);
  });

  it('has the scatters of SpeechBrain, whose transform is that of their lower triangle and less discriminant', () => {
    // W⁻¹ B is not symmetric; an eigensolver for symmetric matrices sees its lower triangle only.
    const product = inverse(within).mmul(between);
    const seen = Matrix.zeros(12, 12).apply(function (this: Matrix, i: number, j: number) {
      this.set(i, j, i >= j ? product.get(i, j) : product.get(j, i));
    });
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(seen, { assumeSymmetric: true });
    const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
    for (let k = 0; k < 4; k++) {
      const [own, theirs] = [eigenvectorMatrix.getColumnVector(order[k]), reference.getColumnVector(k)];
      const cosine = own.dot(theirs) / (own.norm() * theirs.norm());
      assert.ok(Math.abs(Math.abs(cosine) - 1) < 1e-12, `column ${k}: cosine ${cosine}`);
    }
    const best = Matrix.columnVector(ldaTransform(statistics, 1).getRow(0));
    assert.ok(fisher(best) > fisher(reference.getColumnVector(0)));
  });

  it('makes the mean covariance within speakers the identity', () => {
    const transform = wccnTransform(statistics);
    assert.ok(
      worst(transform.mmul(within).mmul(transform.transpose()).to1DArray(), Matrix.eye(12).to1DArray()) < 1e-12,
    );
  });

  it('refuses more dimensions than there are, and as many as speakers', () => {
    assert.throws(() => ldaTransform(statistics, 13), /LDA to 13 dimensions: the embeddings vary in 12/);
    const few = speakerStatistics(new Map([...train].slice(0, 5)));
    assert.throws(() => ldaTransform(few, 5), /needs more than 5 speakers, got 5\ntake scoring.lda: 4 or less/);
  });

  it('refuses speakers that do not vary', () => {
    const single = new Map(Array.from(train, ([speaker, rows]) => [speaker, new Map([...rows].slice(0, 1))]));
    assert.throws(() => ldaTransform(speakerStatistics(single), 4), /LDA: the covariance within speakers is singular/);
    assert.throws(() => wccnTransform(speakerStatistics(single)), /WCCN: the covariance within speakers is singular/);
  });
});
