/** @file AM-softmax against its formula. */
import { itAgrees } from './against-formulas.js';
import { cosinesOf, meanCrossEntropy } from './references.js';

describe('AM-softmax', () => {
  itAgrees({
    title: 'the margin is taken from the cosine',
    options: { type: 'am-softmax', scale: 20 },
    reference: (inputs, margin) => {
      const { targets } = inputs;
      const logits = cosinesOf(inputs).map((row, b) =>
        row.map((cos, i) => 20 * (i === targets[b] ? cos - margin : cos)),
      );
      return meanCrossEntropy(logits, targets);
    },
  });
});
