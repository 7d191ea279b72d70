/** Sinusoidal positions against their formula. */
import assert from 'node:assert/strict';
import { createTestedEngine, describeOnEngines } from '../engine/engines.js';
import { positionalEncoding } from '../../src/nn/positional-encoding.js';

describeOnEngines('positionalEncoding', (name) => {
  it('is sin and cos of t·10000^(−2k/E)', async () => {
    const engine = await createTestedEngine(name, 1);
    const [frames, embed] = [400, 12];
    const inference = await engine.compileInference({
      program: () => ({ pe: positionalEncoding(frames, embed) }),
      inputs: {},
      parameters: {},
    });
    const { pe } = await inference.run({});
    await inference.dispose();
    assert.deepEqual([...pe.shape], [frames, embed]);
    for (let t = 0; t < frames; t++) {
      for (let k = 0; k < embed / 2; k++) {
        const angle = t * 10000 ** ((-2 * k) / embed);
        // angles up to 400 are rounded to float32: by at most 1.5e-5, and their frequency before by 6e-8 of it
        assert.ok(Math.abs(pe.data[t * embed + 2 * k] - Math.sin(angle)) <= 5e-5);
        assert.ok(Math.abs(pe.data[t * embed + 2 * k + 1] - Math.cos(angle)) <= 5e-5);
      }
    }
  });
});

describe('positionalEncoding', () => {
  it('needs an even size', () => {
    assert.throws(() => positionalEncoding(10, 7), /needs an even embedding size, got 7/);
  });
});
