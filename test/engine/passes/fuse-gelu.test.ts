/** x · Φ(x) becomes one operator, where nothing else needs Φ(x). */
import assert from 'node:assert/strict';
import { fuseGelu } from '../../../src/engine/passes/fuse-gelu.js';
import type { Program } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import { normalCdf } from '../../../src/engine/trace/extensions.js';
import { gelu } from '../../../src/nn/activations.js';
import { normal } from '../random-tensors.js';
import { checkResults, operators, trace } from './operators.js';

const inputs = { x: normal(6, 7)('x'), z: normal(6, 7)('z') };
const rows: { name: string; program: Program; after: string[] }[] = [
  { name: 'fuses GELU', program: ({ x }) => ({ y: gelu(x) }), after: ['Gelu/1'] },
  {
    name: 'fuses it with the factors exchanged',
    program: ({ x }) => ({ y: tf.mul(normalCdf(x), x) }),
    after: ['Gelu/1'],
  },
  {
    name: 'leaves the product with another value',
    program: ({ x, z }) => ({ y: tf.mul(z, normalCdf(x)) }),
    after: ['Mul/2', 'Erf/1', 'HardSigmoid/1', 'Mul/2'],
  },
  {
    name: 'leaves Φ(x) that is also an output',
    program: ({ x }) => ({ y: gelu(x), cdf: normalCdf(x) }),
    after: ['Mul/2', 'Erf/1', 'HardSigmoid/1', 'Mul/2'],
  },
];

describe('fusing GELU', () => {
  for (const { name, program, after } of rows) {
    it(name, async () => {
      const graph = trace(program, inputs);
      fuseGelu(graph);
      assert.deepEqual(operators(graph), after);
      await checkResults(program, inputs);
    });
  }
});
