/**
 * @file AAM-softmax with sub-centres and the inter-top-K penalty, alone and together, against the formulas of their
 * papers with WeSpeaker's penalty that grows with the margin.
 */
import assert from 'node:assert/strict';
import * as tf from '../../../src/engine/tfjs.js';
import { targetMask } from '../../../src/training/loss/cosine-classifier.js';
import { withHardOthersNearer } from '../../../src/training/loss/inter-top-k.js';
import { lossOptions } from '../../../src/training/loss/registry.js';
import { itAgrees } from './against-formulas.js';
import { CLASSES, cosinesOf, meanCrossEntropy, type ReferenceLoss } from './references.js';

const SCALE = 16;

/** As WeSpeaker's ArcMarginProduct_intertopk_subcenter: angles by acos, the hardest by sorting. */
const arcMargin =
  ({ centers = 1, count = 0, penalty = 0 }): ReferenceLoss =>
  (inputs, margin) => {
    const { targets } = inputs;
    const logits = cosinesOf(inputs).map((all, b) => {
      const row = Array.from({ length: CLASSES }, (_, i) => Math.max(...all.slice(i * centers, (i + 1) * centers)));
      const others = row.map((_, i) => i).filter((i) => i !== targets[b]);
      const hard = others.sort((i, j) => row[j] - row[i]).slice(0, count);
      return row.map((cos, i) => {
        if (hard.includes(i)) return SCALE * Math.cos(Math.acos(cos) - (penalty * margin) / 0.2);
        if (i !== targets[b]) return SCALE * cos;
        return SCALE * (cos > -Math.cos(margin) ? Math.cos(Math.acos(cos) + margin) : cos - (1 - Math.cos(margin)));
      });
    });
    return meanCrossEntropy(logits, targets);
  };

describe('AAM-softmax', () => {
  const options = { type: 'aam-softmax', scale: SCALE, hardMargin: 'wespeaker' };
  const interTopK = { count: 3, penalty: 0.06 };
  itAgrees({ title: 'plain', options, reference: arcMargin({}) });
  itAgrees({
    title: 'three sub-centres a speaker',
    options: { ...options, subCenters: 3 },
    centers: 3,
    reference: arcMargin({ centers: 3 }),
  });
  itAgrees({
    title: 'a penalty on the 3 hardest',
    options: { ...options, interTopK },
    reference: arcMargin(interTopK),
  });
  itAgrees({
    title: 'both',
    options: { ...options, subCenters: 2, interTopK },
    centers: 2,
    reference: arcMargin({ centers: 2, ...interTopK }),
  });
  itAgrees({
    title: 'a penalty on more speakers than there are',
    options: { ...options, interTopK: { count: 50 } },
    reference: arcMargin({ count: 50, penalty: 0.06 }),
  });

  it('leaves target and easy speakers alone where hard ones tie, and none twice', async () => {
    await tf.setBackend('cpu');
    const cosine = tf.tensor2d([0.9, 0.5, 0.5, 0.5, -0.1], [1, 5]);
    const oneHot = targetMask(tf.tensor1d([0], 'int32'), 5);
    const raised = withHardOthersNearer(cosine, oneHot, { count: 1, penalty: 0.06, margin: tf.scalar(0.2) });
    const nearer = Math.cos(Math.acos(0.5) - 0.06);
    const expected = [0.9, nearer, nearer, nearer, -0.1];
    for (const [i, value] of Array.from(raised.dataSync()).entries()) {
      assert.ok(Math.abs(value - expected[i]) < 1e-6, `class ${i}: ${value}`); // roundings of float32
    }
  });

  it('stays out of settings that do not name sub-centres or penalty', () => {
    const parsed = lossOptions.parse({ type: 'aam-softmax' });
    assert.deepEqual(Object.keys(parsed).sort(), ['easyMargin', 'hardMargin', 'margin', 'scale', 'type']);
  });
});
