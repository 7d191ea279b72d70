/** ONNX models that PyTorch exported give PyTorch's embeddings; what cannot be fed is refused before it runs. */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelProto } from '../../src/engine/onnx/onnx-schema.js';
import { readOnnx } from '../../src/engine/onnx/read-onnx.js';
import { UserError } from '../../src/errors.js';
import { checkOnnx, createOnnxEmbedder, onnxContent, onnxFigures, tryOnnx } from '../../src/models/onnx-model.js';
import { maxAbsDifference } from '../fixture-models.js';

const folder = new URL('../../../test/fixtures/onnx/', import.meta.url).pathname;
const fixture = (name: string) => join(folder, `${name}.onnx`);
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
  frames: number;
  samples: number;
  embeddings: Record<string, number[]>;
  parameters: Record<string, number>;
  macs: Record<string, number>;
};
/** As in the script that made them. */
const feature = (i: number) => Math.sin(0.37 * i) + Math.cos(0.011 * i);
const engine = { name: 'onnx', device: 'cpu', threads: 1 } as const;
const onnx = (name: string, ports: { input?: string; output?: string } = {}) => ({ type: 'onnx' as const, file: fixture(name), ...ports }); // prettier-ignore

describe('an ONNX model of another toolkit', () => {
  for (const { name, bins } of [
    { name: 'wespeaker', bins: 80 },
    { name: 'nemo', bins: 80 },
    { name: 'recurrent', bins: 80 },
    { name: 'audio', bins: undefined },
  ]) {
    const rows = bins === undefined ? expected.samples : expected.frames;
    const width = bins ?? 1;

    it(`gives PyTorch's embedding: ${name}`, async () => {
      const checked = checkOnnx(onnx(name), { bins });
      assert.equal(await tryOnnx(checked), 12);
      const embedder = await createOnnxEmbedder(checked, engine);
      const scale = bins === undefined ? 1 / 4 : 1;
      const data = Float32Array.from({ length: rows * width }, (_, i) => Math.fround(feature(i)) * scale);
      const embedding = await embedder.embed({ frames: rows, bins: width, data });
      await embedder.close();
      assert.ok(maxAbsDifference(embedding, expected.embeddings[name]) <= 1e-5, `${embedding}`);
    });

    it(`is counted as PyTorch's modules are: ${name}`, async () => {
      const { parameters, macs, uncounted } = await onnxFigures(checkOnnx(onnx(name), { bins }), rows);
      // An exporter folds each batch normalisation into the convolution before it where it can: here there is a ReLU
      // between, so all of them are left. An LSTM has two biases here as there.
      assert.equal(parameters, expected.parameters[name]);
      if (name in expected.macs) assert.equal(macs, expected.macs[name]);
      assert.deepEqual(uncounted, []);
    });
  }

  it('finds inputs and outputs by names and shapes', () => {
    const ports = (name: string, bins?: number) => checkOnnx(onnx(name), { bins }).ports;
    assert.deepEqual(ports('wespeaker', 80), { input: 'feats', axes: ['one', 'time', 'bins'], output: 'embs' });
    assert.deepEqual(ports('nemo', 80), {
      input: 'audio_signal',
      axes: ['one', 'bins', 'time'],
      length: { name: 'length', type: 'int64', rank: 1 },
      output: 'embs',
    });
    assert.deepEqual(ports('audio'), { input: 'waveform', axes: ['one', 'time'], output: 'embedding' });
    assert.equal(checkOnnx(onnx('nemo', { output: 'logits' }), { bins: 80 }).ports.output, 'logits');
  });

  describe('is refused, saying what was found and what was expected:', () => {
    let dir: string;
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'acanet-onnx-'));
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    const refuses = (action: () => unknown, ...says: RegExp[]) =>
      assert.throws(action, (error: Error) => {
        assert.ok(error instanceof UserError, error.stack);
        for (const text of says) assert.match(error.message, text);
        return true;
      });
    const check = (name: string, bins: number | undefined = 80) => checkOnnx(onnx(name), { bins });

    /** A model of one node and the given ports, which need not run. */
    function made({ inputs, outputs = [['y', 1, ['B', 12]]] }: { inputs: Port[]; outputs?: Port[] }) {
      const port = ([name, elemType, shape]: Port) => ({
        name,
        type: { tensorType: { elemType, shape: { dim: shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size })) } } }, // prettier-ignore
      });
      const node = [{ opType: 'Identity', input: ['x'], output: ['y'] }];
      const graph = { name: 'made', node, input: inputs.map(port), output: outputs.map(port) };
      const file = join(dir, 'made.onnx');
      writeFileSync(file, ModelProto.encode({ irVersion: 9, graph }).finish());
      return { type: 'onnx' as const, file };
    }

    it('several inputs that could be the features', () => {
      const two = made({ inputs: [['a', 1, ['B', 'T', 80]], ['b', 1, ['B', 'T', 80]]] }); // prettier-ignore
      refuses(() => checkOnnx(two, { bins: 80 }), /several inputs could be features \[batch, time, 80\]/, /a float32 \[B, T, 80\], b float32/, /say which: input: a/); // prettier-ignore
      // Named, the other one is still nothing that acanet has.
      refuses(
        () => checkOnnx({ ...two, input: 'a' }, { bins: 80 }),
        /beside a float32 \[B, T, 80\] the model takes b float32/,
      );
      refuses(() => checkOnnx({ ...two, input: 'c' }, { bins: 80 }), /has no input "c"; it has a float32/);
    });

    it('several outputs that could be the embedding', () => {
      const outputs: Port[] = [['y', 1, ['B', 12]], ['z', 1, ['B', 5]]]; // prettier-ignore
      const model = made({ inputs: [['x', 1, ['B', 'T', 80]]], outputs });
      refuses(
        () => checkOnnx(model, { bins: 80 }),
        /several outputs could be the embedding: y float32 \[B, 12\], z/,
        /output: y/,
      );
      assert.equal(checkOnnx({ ...model, output: 'z' }, { bins: 80 }).ports.output, 'z');
      refuses(() => checkOnnx({ ...model, output: 'q' }, { bins: 80 }), /has no output "q"; it has y float32/);
    });

    it('a time that is not free', () =>
      refuses(() => check('fixed'), /feats float32 \[1, 50, 80\]: expected any length, got exactly 50/, /dynamic_axes=\{'feats': \{0: 'batch', 1: 'time'\}\}/)); // prettier-ignore

    it('a batch that is not one', () => {
      const model = made({ inputs: [['x', 1, [4, 'T', 80]]] });
      refuses(() => checkOnnx(model, { bins: 80 }), /expected utterances one at a time, got exactly 4 at once/);
    });

    it('another feature size', () =>
      refuses(() => check('wespeaker', 64), /\[B, T, 80\]: expected 64 values a frame, as the features have, got 80/));

    it('another sample rate than the file says', () => {
      const model = made({ inputs: [['x', 1, ['B', 'T', 80]]] });
      const said = ModelProto.encode({ metadataProps: [{ key: 'sample_rate', value: '8000' }] }).finish();
      writeFileSync(model.file, Buffer.concat([readFileSync(model.file), said]));
      refuses(() => checkOnnx(model, { bins: 80, sampleRate: 16000 }), /expected features of 8000 Hz, as its metadata says, got 16000 Hz/); // prettier-ignore
      assert.equal(checkOnnx(model, { bins: 80, sampleRate: 8000 }).ports.input, 'x');
    });

    it('audio where features are expected, and the other way round', () => {
      refuses(() => check('audio'), /\[B, N\]: expected features .*; this looks like audio.*\{ type: audio \}/);
      refuses(
        () => checkOnnx(onnx('wespeaker'), {}),
        /\[B, T, 80\]: expected samples \[batch, time\], got 80 values at the end/,
      );
    });

    it('float16', () => {
      refuses(
        () => check('half'),
        /expected float32 weights, got float16 in \d+ of \d+/,
        /export the model in float32/,
      );
      const input = made({ inputs: [['x', 10, ['B', 'T', 80]]] });
      refuses(() => checkOnnx(input, { bins: 80 }), /expected an input of float32, got x float16 \[B, T, 80\]/);
    });

    it('weights in files outside of its folder', () => {
      cpSync(folder, join(dir, 'models'), { recursive: true });
      writeFileSync(join(dir, 'weights.bin'), readFileSync(join(folder, 'beside.onnx.data')));
      const moved = { type: 'onnx' as const, file: join(dir, 'models', 'outside.onnx') };
      refuses(() => checkOnnx(moved, { bins: 80 }), /in another file, "\.\.\/weights\.bin": expected one inside the model's folder .*models, and it is not read/); // prettier-ignore
    });

    it('weights in files that are not there, cut short, or links out of the folder', async () => {
      const file = join(dir, 'm', 'beside.onnx');
      mkdirSync(join(dir, 'm'));
      copyFileSync(fixture('beside'), file);
      const model = { type: 'onnx' as const, file };
      refuses(() => checkOnnx(model, { bins: 80 }), /in another file, .*beside\.onnx\.data, which is not there/);
      const bytes = readFileSync(join(folder, 'beside.onnx.data'));
      writeFileSync(join(dir, 'm', 'beside.onnx.data'), bytes.subarray(0, 100));
      refuses(() => checkOnnx(model, { bins: 80 }), /expected at least \d+ bytes, got 100; it may be cut short/);
      rmSync(join(dir, 'm', 'beside.onnx.data'));
      writeFileSync(join(dir, 'elsewhere.bin'), bytes);
      symlinkSync(join(dir, 'elsewhere.bin'), join(dir, 'm', 'beside.onnx.data'));
      refuses(() => checkOnnx(model, { bins: 80 }), /a link that leads out of .*expected a file inside it/);
      rmSync(join(dir, 'm', 'beside.onnx.data'));
      writeFileSync(join(dir, 'm', 'beside.onnx.data'), bytes);
      assert.equal(await tryOnnx(checkOnnx(model, { bins: 80 })), 12);
      const { macs } = await onnxFigures(checkOnnx(model, { bins: 80 }), expected.frames);
      assert.equal(macs, expected.macs.wespeaker);
    });

    it('what is no model, or cut short', () => {
      const path = join(dir, 'x.onnx');
      const model = { type: 'onnx' as const, file: path };
      refuses(() => checkOnnx(model, {}), /cannot read the model: there is no such file/);
      writeFileSync(path, 'not a model, but a text that someone has renamed');
      refuses(() => checkOnnx(model, {}), /not an ONNX model/);
      writeFileSync(path, '');
      refuses(() => checkOnnx(model, {}), /not an ONNX model/);
      writeFileSync(path, readFileSync(fixture('wespeaker')).subarray(0, 20_000));
      refuses(() => checkOnnx(model, {}), /not an ONNX model, or damaged/);
    });

    it('outputs that are not one vector for an utterance', async () => {
      // x itself: as long as the utterance
      const model = made({ inputs: [['x', 1, ['B', 'T', 80]]], outputs: [['y', 1, ['B', 'T', 80]]] });
      const bytes = readFileSync(model.file);
      const opset = ModelProto.encode({ opsetImport: [{ domain: '', version: 17 }] }).finish();
      writeFileSync(model.file, Buffer.concat([bytes, opset]));
      await assert.rejects(
        tryOnnx(checkOnnx(model, { bins: 80 })),
        /expected one embedding from y, of the same size for every length, got 8000 values for 100 frames and 12560 for 157/,
      );
    });
  });

  it('is known by its content, not by its place', () => {
    const dir = mkdtempSync(join(tmpdir(), 'acanet-onnx-'));
    try {
      copyFileSync(fixture('beside'), join(dir, 'other.onnx'));
      copyFileSync(`${fixture('beside')}.data`, join(dir, 'beside.onnx.data'));
      assert.deepEqual(onnxContent(join(dir, 'other.onnx')), onnxContent(fixture('beside')));
      const bytes = readFileSync(join(dir, 'beside.onnx.data'));
      bytes[40] ^= 1;
      writeFileSync(join(dir, 'beside.onnx.data'), bytes);
      assert.notDeepEqual(onnxContent(join(dir, 'other.onnx')), onnxContent(fixture('beside')));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('says who wrote it', () => assert.equal(readOnnx(fixture('wespeaker')).producer, 'pytorch'));
});

type Port = [name: string, type: number, shape: (string | number)[]];
