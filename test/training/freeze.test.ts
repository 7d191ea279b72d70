/** @file Frozen layers: which tensors a pattern means, that they stay the same bits, and what they compute in training. */
import assert from 'node:assert/strict';
import { float32 } from '../../src/engine/program/host-tensor.js';
import { initialTensors, tensorShapes } from '../../src/models/contract/model.js';
import { createEmbedder } from '../../src/models/embedder.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { keyedRandom } from '../../src/random.js';
import { freezeProblem, frozenTensors } from '../../src/training/freeze.js';
import { createOptimizer, optimizerOptions } from '../../src/training/optimisation/optimizer.js';
import { createTrainingStep, initialTrainingTensors, trainedNames } from '../../src/training/training-step.js';
import { createTestedEngine, describeOnEngines } from '../engine/engines.js';
import { aamLoss } from './loss-of-tests.js';

const model = createModel(
  parseModelOptions(
    { type: 'ecapa-tdnn', bins: 6, channels: [8, 8, 8, 8, 12], embedding: 5, attentionChannels: 4, seChannels: 4 },
    'test',
  ),
);
const names = Object.keys(tensorShapes(model));

describe('a pattern of frozen layers', () => {
  it('means a name of the state dict, or all names that begin with it up to a point', () => {
    const block = frozenTensors(model, ['blocks.0']);
    assert.deepEqual(
      [...block],
      names.filter((name) => name.startsWith('blocks.0.')),
    );
    assert.ok(block.has('blocks.0.norm.norm.running_mean') && !block.has('blocks.1.tdnn1.conv.conv.weight'));
    assert.deepEqual([...frozenTensors(model, ['fc.conv.weight'])], ['fc.conv.weight']);
  });

  it('has * for any characters, and takes points for points', () => {
    const norms = frozenTensors(model, ['*.norm']);
    assert.ok(norms.has('blocks.2.tdnn1.norm.norm.weight') && norms.has('asp_bn.norm.running_var'));
    assert.ok(!norms.has('blocks.2.tdnn1.conv.conv.weight'));
    assert.equal(frozenTensors(model, ['*']).size, names.length);
    assert.match(
      freezeProblem(model, ['blocksX0'])!,
      /no tensor of ECAPA-TDNN .* is called "blocksX0"; its layers are blocks\.0/,
    );
  });

  it('takes all running statistics of a layer where it names some', () => {
    assert.deepEqual([...frozenTensors(model, ['asp_bn.norm.running_var'])].sort(), [
      'asp_bn.norm.num_batches_tracked',
      'asp_bn.norm.running_mean',
      'asp_bn.norm.running_var',
    ]);
  });
});

describeOnEngines('a step with frozen layers', (engineName) => {
  const [batchSize, cropFrames, speakers] = [4, 20, 3];
  const random = keyedRandom('frozen');
  const loss = aamLoss(model, speakers, 20);
  const optimizer = createOptimizer(optimizerOptions.parse({ type: 'sgd', weightDecay: 1e-3 }));
  const features = Float32Array.from({ length: batchSize * cropFrames * 6 }, () => random.normal());
  const targets = Int32Array.of(0, 1, 2, 0);

  async function steps(patterns: string[]) {
    const frozen = frozenTensors(model, patterns);
    const tensors = initialTrainingTensors(model, loss, 1);
    // As after a training: no running statistics of 0 and 1.
    for (const name of names.filter((each) => each.endsWith('running_mean') || each.endsWith('running_var'))) {
      const { shape } = tensors[name];
      tensors[name] = float32(
        shape,
        Float32Array.from({ length: shape[0] }, () => 0.5 + random.uniform()),
      );
    }
    const slots = optimizer.slots(
      Object.fromEntries(trainedNames(model, loss, frozen).map((name) => [name, tensors[name]])),
    );
    const engine = await createTestedEngine(engineName, 1);
    const step = await createTrainingStep(
      engine,
      { model, loss, optimizer, batchSize, cropFrames, frozen },
      { model: tensors, optimizer: slots },
    );
    const first = await step.run({ features, targets }, { step: 0, seed: 1, learningRate: 0.1, margin: 0.2 });
    const embeddings = first.embeddings.slice();
    await step.run({ features, targets }, { step: 1, seed: 1, learningRate: 0.1, margin: 0.2 });
    const after = await step.readState();
    const ofModel = await step.readModel();
    await step.dispose();
    return { engine, frozen, tensors, after, ofModel, embeddings };
  }

  it('leaves their parameters and running statistics the same bits, and trains the rest', async () => {
    const { frozen, tensors, after, ofModel } = await steps(['blocks.0', 'blocks.1.*', 'asp_bn']);
    assert.deepEqual(Object.keys(after.model), Object.keys(tensors));
    assert.deepEqual(Object.keys(ofModel), names);
    for (const [name, { data }] of Object.entries(after.model)) {
      const same = Buffer.from(data.buffer).equals(Buffer.from(tensors[name].data.buffer));
      // A bias before a batch normalisation, and what softmax over time takes out, have gradients of rounding noise.
      if (frozen.has(name)) assert.ok(same, `${name} has changed`);
      else if (name.endsWith('.weight') || name.includes('running')) assert.ok(!same, `${name} has not changed`);
    }
    assert.deepEqual(after.model['blocks.2.tdnn1.norm.norm.num_batches_tracked'].data[0], 2);
    assert.deepEqual(after.model['blocks.0.norm.norm.num_batches_tracked'].data[0], 0);
    assert.ok(Object.keys(after.optimizer).every((slot) => !frozen.has(slot.replace('momentum/', ''))));
  });

  it('computes with all layers frozen what evaluation computes, and trains the classifier alone', async () => {
    const { engine, tensors, after, embeddings } = await steps(['*']);
    const own = Object.fromEntries(Object.keys(initialTensors(model, 1)).map((name) => [name, tensors[name]]));
    const embedder = await createEmbedder(engine, model, own);
    for (let row = 0; row < batchSize; row++) {
      const data = features.slice(row * cropFrames * 6, (row + 1) * cropFrames * 6);
      const expected = await embedder.embed({ frames: cropFrames, bins: 6, data }, `row ${row}`);
      // float32's rounding in sums of a few dozen.
      expected.forEach((value, i) => {
        const got = embeddings[row * model.embeddingSize + i];
        assert.ok(Math.abs(got - value) < 1e-4 * Math.max(1, Math.abs(value)), `${got}, expected ${value}`);
      });
    }
    await embedder.close();
    const changed = Object.keys(tensors).filter((name) => !Buffer.from(after.model[name].data.buffer).equals(Buffer.from(tensors[name].data.buffer))); // prettier-ignore
    assert.deepEqual(changed, ['classifier.weight']);
  });
});
