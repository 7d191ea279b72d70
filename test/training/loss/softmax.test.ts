/** @file Softmax over a linear classifier against its formula, and its accuracy where logits are large. */
import assert from 'node:assert/strict';
import * as tf from '../../../src/engine/tfjs.js';
import { countCorrect } from '../../../src/training/loss/cosine-classifier.js';
import { createLoss } from '../../../src/training/loss/registry.js';
import { itAgrees } from './against-formulas.js';
import { CLASSES, meanCrossEntropy } from './references.js';

describe('softmax over a linear classifier', () => {
  itAgrees({
    title: 'logits are w·x + b',
    options: { type: 'softmax' },
    biases: CLASSES,
    reference: ({ x, weight, bias, targets }) => {
      const logits = x.map((row) =>
        weight.map((own, i) => own.reduce((sum, value, k) => sum + value * row[k], bias[i])),
      );
      return meanCrossEntropy(logits, targets);
    },
  });

  it('has no margin', () => {
    assert.equal(createLoss({ type: 'softmax' }, { speakers: 2, embeddingSize: 3 }).margin, undefined);
  });

  it('counts as correct what has the largest logit, however large it is', async () => {
    await tf.setBackend('cpu');
    const logits = tf.tensor2d([500, -300, 20, -40, -900, -3, 90, 90.5, 0], [3, 3]);
    assert.equal(countCorrect(logits, tf.tensor1d([0, 2, 0], 'int32')).dataSync()[0], 2);
  });
});
