/** @file Starting from a model: what is taken over, what is named, and whose classifier is of use. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32, type HostTensors } from '../../src/engine/program/host-tensor.js';
import { UserError } from '../../src/errors.js';
import { initialTensors } from '../../src/models/contract/model.js';
import { writeModelFolder } from '../../src/models/model-folder.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { saveCheckpoint } from '../../src/training/checkpoint.js';
import { featureDifferences, readInitialModel, speakersHash, takeOver } from '../../src/training/initial-model.js';
import { initialTrainingTensors } from '../../src/training/training-step.js';
import { aamLoss } from './loss-of-tests.js';

const optionsOf = (embedding: number) =>
  parseModelOptions(
    { type: 'x-vector', bins: 8, embedding, channels: [8, 12], kernels: [3, 1], dilations: [1, 1] },
    'test',
  );

describe('a training that starts from a model', () => {
  const options = optionsOf(6);
  const model = createModel(options);
  const [ours, others] = [speakersHash(['a', 'b', 'c']), speakersHash(['a', 'b', 'd'])];
  let dir: string;
  let there: HostTensors;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-initial-'));
    there = { ...initialTensors(model, 7), ...initialTrainingTensors(model, aamLoss(model, 3, 30), 7) };
    for (const [step, head] of [
      [3, 1],
      [5, 2],
    ] as const) {
      const tensors = { ...there, 'classifier.weight': float32([3, 6], new Float32Array(18).fill(head)) };
      await saveCheckpoint(join(dir, 'train'), { model: tensors, optimizer: {}, state: { step, speakers: ours } });
    }
    await writeModelFolder(
      join(dir, 'model'),
      {
        model: options,
        features: { type: 'kaldi', bins: 8, sampleRate: 16000, normalize: 'mean' },
        origin: { averagedSteps: [3, 5] },
      },
      there,
    );
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const own = (speakers = 3, of = model) => initialTrainingTensors(of, aamLoss(of, speakers, 30), 1);

  it('takes over the network of a folder, and begins its classifier anew', () => {
    const initial = readInitialModel({ modelDir: join(dir, 'model') });
    const begun = own();
    const { tensors, notes } = takeOver(begun, initial, { model, speakers: ours });
    for (const name of Object.keys(initialTensors(model, 1))) assert.deepEqual(tensors[name], there[name], name);
    assert.deepEqual(tensors['classifier.weight'], begun['classifier.weight']);
    assert.deepEqual(Object.keys(tensors), Object.keys(begun));
    const count = model.parameters.length;
    assert.match(
      notes[0],
      new RegExp(
        `^starts from .*model: ${count} of ${count} parameter tensors taken over \\(([\\d,]+) of \\1 values\\)$`,
      ),
    );
    assert.deepEqual(notes.slice(1), ['  anew: classifier.weight [3, 6]']);
  });

  it('takes over the averaged classifier of a training of the same speakers, not of others', () => {
    const initial = readInitialModel({ modelDir: join(dir, 'model'), trainDir: join(dir, 'train') });
    const same = takeOver(own(), initial, { model, speakers: ours });
    assert.ok(same.tensors['classifier.weight'].data.every((value) => value === 1.5));
    assert.match(same.notes[0], /, and the classifier, which is for the same speakers$/);
    assert.equal(same.notes.length, 1);

    const begun = own();
    const other = takeOver(begun, initial, { model, speakers: others });
    assert.deepEqual(other.tensors['classifier.weight'], begun['classifier.weight']);
    assert.deepEqual(other.notes.slice(1), ['  anew: classifier.weight [3, 6] (of other speakers)']);
    const more = takeOver(own(4), initial, { model, speakers: others });
    assert.deepEqual(more.notes.slice(1), ['  anew: classifier.weight [4, 6] (there [3, 6])']);
  });

  it('names what does not fit, and takes over the rest', () => {
    const smaller = createModel(optionsOf(4));
    const initial = readInitialModel({ modelDir: join(dir, 'model') });
    const { notes } = takeOver(own(3, smaller), initial, { model: smaller, speakers: ours });
    assert.match(notes[1], /anew: .*\[4, 24\] \(there \[6, 24\]\).*classifier\.weight \[3, 4\]/);
  });

  it('refuses a model of which nothing fits', () => {
    const aca = createModel(parseModelOptions({ type: 'aca-net', bins: 8, latents: 4, embed: 8, heads: 2 }, 'test'));
    const initial = readInitialModel({ modelDir: join(dir, 'model') });
    assert.throws(
      () => takeOver(own(3, aca), initial, { model: aca, speakers: ours }),
      (error) =>
        error instanceof UserError && /no parameter of it fits ACA-Net .*; its first tensor is/.test(error.message),
    );
  });

  it('says in what the features differ', () => {
    const initial = readInitialModel({ modelDir: join(dir, 'model') });
    const here = { type: 'kaldi', bins: 8, sampleRate: 16000, normalize: 'mean' };
    assert.deepEqual(featureDifferences(initial, here), []);
    assert.match(
      featureDifferences(initial, { ...here, sampleRate: 8000, normalize: 'global' })[0],
      /trained on other features: sampleRate 16000, here 8000; normalize "mean", here "global"$/,
    );
  });
});
