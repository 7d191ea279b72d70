/** @file SphereFace2 against its formulas, which are written here as WeSpeaker writes them. */
import { itAgrees } from './against-formulas.js';
import { cosinesOf, type ReferenceLoss } from './references.js';

const [SCALE, BALANCE, EXPONENT] = [16, 0.6, 3];

const spread = (z: number) => 2 * ((z + 1) / 2) ** EXPONENT - 1;

/** @param answers what is asked of the own speaker, and of another one, without the bias */
const sphereface2 =
  (answers: (cos: number, m: number) => { own: number; other: number }): ReferenceLoss =>
  (inputs, margin) => {
    const { targets, bias } = inputs;
    const losses = cosinesOf(inputs).map((row, b) =>
      row.reduce((sum, cos, i) => {
        const { own, other } = answers(cos, margin);
        const term =
          i === targets[b]
            ? BALANCE * Math.log1p(Math.exp(-(SCALE * own + bias[0])))
            : (1 - BALANCE) * Math.log1p(Math.exp(SCALE * other + bias[0]));
        return sum + term;
      }, 0),
    );
    return losses.reduce((sum, value) => sum + value, 0) / losses.length;
  };

describe('SphereFace2', () => {
  const options = { type: 'sphereface2', scale: SCALE, balance: BALANCE, exponent: EXPONENT };
  itAgrees({
    title: 'a margin of the cosine',
    options,
    biases: 1,
    reference: sphereface2((cos, m) => ({ own: spread(cos) - m, other: spread(cos) + m })),
  });
  itAgrees({
    title: 'a margin of the angle',
    options: { ...options, marginType: 'angle' },
    biases: 1,
    reference: sphereface2((cos, m) => ({
      own: spread(cos > Math.cos(Math.PI - m) ? Math.cos(Math.acos(cos) + m) : cos - (1 + Math.cos(Math.PI - m))),
      other: spread(Math.cos(Math.acos(cos) - m)),
    })),
  });
});
