/** Checkpoints that PyTorch wrote become model folders that give PyTorch's embeddings. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../src/engine/create-engine.js';
import { UserError } from '../../src/errors.js';
import { createEmbedder } from '../../src/models/embedder.js';
import { importModel } from '../../src/models/import-weights.js';
import { readModelFolder } from '../../src/models/model-folder.js';
import { readCheckpoint } from '../../src/storage/pytorch/checkpoint.js';
import { writeSafetensors } from '../../src/storage/safetensors.js';
import type { RawTensor, StoredTensor } from '../../src/storage/stored-tensor.js';
import { maxAbsDifference } from '../fixture-models.js';
import { pythonWith } from '../pytorch.js';

const fixtures = new URL('../../../test/fixtures/pytorch/', import.meta.url).pathname;

const asStored = ({ shape, data }: RawTensor): StoredTensor =>
  data instanceof Float32Array
    ? { dtype: 'float32', shape, data }
    : { dtype: 'int32', shape, data: Int32Array.from(data as Iterable<number | bigint>, Number) };

/** PyTorch's own embedding of an input. */
interface Reference {
  config: Record<string, unknown>;
  bins: number;
  features: number[];
  embedding: number[];
}

describe('import of a checkpoint', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-import-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  const referenceIn = (folder: string) =>
    JSON.parse(readFileSync(join(folder, 'tiny-ecapa.json'), 'utf8')) as Reference;

  async function importWeights(weights: string, { prefix }: { prefix?: string } = {}) {
    const config = join(dir, 'c.json');
    writeFileSync(config, JSON.stringify(referenceIn(fixtures).config));
    return importModel({ weights, config, out: join(dir, 'model'), prefix });
  }

  async function givesPyTorchsEmbedding({ bins, features, embedding }: Reference) {
    const { speakerModel, tensors } = readModelFolder(join(dir, 'model'));
    const embedder = await createEmbedder(
      await createEngine({ name: 'onnx', device: 'cpu', threads: 1 }),
      speakerModel,
      tensors,
    );
    const data = Float32Array.from(features);
    const ours = await embedder.embed({ frames: data.length / bins, bins, data });
    await embedder.close();
    // float32 sums in another order, as against the authors' fixtures
    assert.ok(maxAbsDifference(ours, embedding) <= 1e-5, `${ours} instead of ${embedding}`);
  }

  it("gives PyTorch's embedding, and says where the weights were", async () => {
    const { prefix, within, leftOut, rounded } = await importWeights(join(fixtures, 'tiny-ecapa.ckpt'));
    assert.equal(within, 'state_dict');
    assert.equal(prefix, 'module.speaker_encoder.');
    assert.equal(rounded, 0);
    assert.ok(leftOut.includes('state_dict.module.classifier.weight'));
    assert.ok(leftOut.includes('optimizer.state.0.exp_avg'));
    await givesPyTorchsEmbedding(referenceIn(fixtures));
  });

  it('gives it from the form before PyTorch 1.6', async () => {
    const { prefix, within, leftOut } = await importWeights(join(fixtures, 'old-form.pt'));
    assert.deepEqual([prefix, within, leftOut], ['', '', []]);
    await givesPyTorchsEmbedding(referenceIn(fixtures));
  });

  it('gives it from what the PyTorch of this machine writes', async function () {
    const python = pythonWith(this, 'torch');
    execFileSync(python, [join(fixtures, 'make.py'), dir, '11'], { stdio: 'pipe' });
    await importWeights(join(dir, 'tiny-ecapa.ckpt'));
    await givesPyTorchsEmbedding(referenceIn(dir));
    assert.throws(() => readCheckpoint(join(dir, 'runs-code.pt')), /it holds posix\.system/);
    assert.ok(!existsSync('ran'));
  });

  it('rounds float64, and takes the mean of batch counters for what it is', async () => {
    const { tensors } = readCheckpoint(join(fixtures, 'old-form.pt'));
    // What averaging in SpeechBrain and WeSpeaker makes of a counter.
    const averaged = tensors.map(({ keys: [name], shape, data }) => [
      name,
      { dtype: 'float32', shape, data: name.endsWith('.num_batches_tracked') ? Float32Array.of(5.33) : data } as never,
    ]);
    writeSafetensors(join(dir, 'w.safetensors'), Object.fromEntries(averaged));
    await importWeights(join(dir, 'w.safetensors'));
    await givesPyTorchsEmbedding(referenceIn(fixtures));
  });

  it('leaves out the classifier that WeSpeaker saves with a model', async () => {
    const { tensors } = readCheckpoint(join(fixtures, 'old-form.pt'));
    const head = { dtype: 'float32', shape: [3, 6], data: new Float32Array(18) };
    const all = [
      ...tensors.map(({ keys: [name], ...tensor }) => [name, asStored(tensor)]),
      ['projection.weight', head],
    ];
    writeSafetensors(join(dir, 'w.safetensors'), Object.fromEntries(all) as Record<string, StoredTensor>);
    assert.deepEqual((await importWeights(join(dir, 'w.safetensors'))).leftOut, ['projection.weight']);
    await givesPyTorchsEmbedding(referenceIn(fixtures));
  });

  async function refuses(weights: string, ...says: RegExp[]) {
    await assert.rejects(importWeights(weights), (error: Error) => {
      assert.ok(error instanceof UserError, error.stack);
      for (const text of says) assert.match(error.message, text);
      return true;
    });
    assert.ok(!existsSync(join(dir, 'model')));
  }

  it('refuses a checkpoint with optimiser state alone, and says that it is one', () =>
    refuses(
      join(fixtures, 'optimiser.pt'),
      /expected the weights of a model, got only the state of an optimiser \(156 tensors: step, exp_avg, exp_avg_sq\)/,
    ));

  it('refuses a pickle that would run code', () => refuses(join(fixtures, 'runs-code.pt'), /it holds posix\.system/));

  it('asks which of two sets of weights is meant', async () => {
    const { tensors } = readCheckpoint(join(fixtures, 'old-form.pt'));
    const twice = ['model.', 'ema.'].flatMap((prefix) =>
      tensors.map(({ keys: [name], shape, data }) => {
        const dtype = data instanceof Float32Array ? 'float32' : 'int32';
        const values = dtype === 'int32' ? new Int32Array(1) : (data as Float32Array<ArrayBuffer>);
        const scaled = prefix === 'ema.' && dtype === 'float32' ? values.map((value) => value * 2) : values;
        return [prefix + name, { dtype, shape, data: scaled } as const];
      }),
    );
    const path = join(dir, 'w.safetensors');
    writeSafetensors(path, Object.fromEntries(twice));
    await refuses(path, /are in it 2 times, under "model\." and "ema\."\n.*--prefix ema\./);
    const { leftOut } = await importWeights(path, { prefix: 'model.' });
    assert.equal(leftOut.length, tensors.length);
    await givesPyTorchsEmbedding(referenceIn(fixtures));
    await assert.rejects(
      importWeights(path, { prefix: 'net.' }),
      /has the prefix "net\."; expected "model\." or "ema\."/,
    );
  });
});
