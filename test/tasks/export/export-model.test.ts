/** @file `acanet export`: what the file computes, what it says of itself, and what is refused. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAudio } from '../../../src/audio/read.js';
import { writeWav } from '../../../src/audio/write-wav.js';
import { ModelProto } from '../../../src/engine/onnx/onnx-schema.js';
import { createFbank } from '../../../src/features/fbank/fbank.js';
import { normalizeFeatures } from '../../../src/features/normalization.js';
import { featureOptions } from '../../../src/features/options.js';
import { createModel, parseModelOptions } from '../../../src/models/registry.js';
import { initialTensors } from '../../../src/models/contract/model.js';
import { writeModelFolder } from '../../../src/models/model-folder.js';
import { realLibrary } from '../../../src/tasks/do-model-work.js';
import { embedInputs } from '../../../src/tasks/embedding/embed-files.js';
import { exportModel, type ExportModelOptions } from '../../../src/tasks/export/export-model.js';
import { sherpaFeatures } from '../../../src/tasks/export/sherpa-onnx.js';
import { fencesOf } from '../../docs/pages.js';
import { wavPath } from '../../features/fixtures.js';
import { maxAbsDifference } from '../../fixture-models.js';
import { skip } from '../../skip.js';

const small = { latents: 12, embed: 16, blocks: 1, layers: 1, heads: 2, attentionMlp: 16, transformerMlp: 16 };
const models: Record<string, Record<string, unknown>> = {
  'aca-net': { type: 'aca-net', ...small, latentInit: { distribution: 'orthogonal', std: 1 } },
  // Its position table would be most of the file.
  'aca-net-time': { type: 'aca-net', ...small, positional: 'time', latentInit: { distribution: 'orthogonal', std: 1 } },
  'ecapa-tdnn': {
    type: 'ecapa-tdnn',
    ...{ embedding: 12, channels: [32, 32, 32, 32, 96], res2netScale: 4, seChannels: 8, attentionChannels: 8 },
  },
  resnet: { type: 'resnet', depth: 18, channels: 4, embedding: 12 },
  'x-vector': { type: 'x-vector', embedding: 12, channels: [16, 16, 16, 16, 24] },
};
const features = { normalize: 'global' };
const globalMean = Array.from({ length: 80 }, (_, i) => 10 + i / 20);

/** A Python that has these packages; undefined where there is none. */
function pythonWith(...packages: string[]): string | undefined {
  const python = process.env.PYTHON ?? 'python3';
  return spawnSync(python, ['-c', `import ${packages.join(', ')}`]).status === 0 ? python : undefined;
}

describe('the export of a model', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-export-'));
    const write = async (name: string, given: Record<string, unknown>, described: object) => {
      const model = parseModelOptions(given, name);
      const tensors = initialTensors(createModel(model), 5);
      await writeModelFolder(path(name), { model, origin: { test: true }, ...described }, tensors);
    };
    for (const [name, given] of Object.entries(models)) {
      await write(name, given, { features: featureOptions.parse(features), globalMean });
    }
    await write('imported', models['x-vector'], {});
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const engine = { name: 'onnx', device: 'cpu', threads: 1 } as const;
  const exported = (model: string, options: Partial<ExportModelOptions> = {}) =>
    exportModel({
      modelDir: path(model),
      out: path(`${model}.onnx`),
      ...{ engine, input: 'fbank', int8: false, audio: [wavPath('speech_16k.wav')] },
      log: () => undefined,
      progress: () => undefined,
      ...options,
    });
  const decode = (file: string) =>
    ModelProto.toObject(ModelProto.decode(readFileSync(file)), { longs: Number }) as {
      metadataProps: { key: string; value: string }[];
      opsetImport: { domain?: string; version: number }[];
      graph: { node: { opType: string; domain?: string }[] };
    };

  for (const model of Object.keys(models)) {
    for (const input of ['fbank', 'audio'] as const) {
      it(`gives the embeddings of ${model} from ${input}`, async () => {
        const { agreement, bytes } = await exported(model, { input });
        // Sums of float32 in another order: some 1e-6 of the largest value for each of the layers.
        assert.ok(agreement.largestDifference < 1e-4 * agreement.largestValue, JSON.stringify(agreement));
        assert.ok(agreement.lowestCosine > 0.999999);
        assert.ok(bytes < 1.5e6, `${bytes} bytes`);
        const { graph, opsetImport } = decode(path(`${model}.onnx`));
        assert.ok(graph.node.every(({ domain = '' }) => domain === ''));
        assert.deepEqual(opsetImport.map(({ domain = '' }) => domain), ['']); // prettier-ignore
      });
    }
  }

  it('says in the file what it takes, and what sherpa-onnx asks for', async () => {
    const result = await exported('ecapa-tdnn');
    const metadata = Object.fromEntries(
      decode(path('ecapa-tdnn.onnx')).metadataProps.map(({ key, value }) => [key, value]),
    );
    assert.deepEqual(
      ['framework', 'sample_rate', 'output_dim', 'normalize_samples', 'language'].map((key) => metadata[key]),
      ['wespeaker', '16000', '12', '0', 'unknown'],
    );
    assert.deepEqual(featureOptions.parse(JSON.parse(metadata.features)), featureOptions.parse(features));
    assert.deepEqual(JSON.parse(metadata.global_mean), globalMean);
    assert.match(metadata.mean_normalization, /^in the graph: do not normalise the input/);
    assert.deepEqual(result.sherpaOnnx?.differences, [
      'highFreq 0 (sherpa-onnx: -400)',
      'snipEdges true (sherpa-onnx: false)',
    ]);
    assert.ok(result.sherpaOnnx!.lowestCosine < 0.999);
  });

  it('writes weights of 8 bits, and says what they cost on the development trials', async () => {
    const piece = {
      path: wavPath('speech_16k.wav'),
      sampleRate: 16000,
      channels: 1,
      corpus: 'c',
      split: 'dev',
    } as const;
    const utterances = ['a', 'b', 'c', 'd'].map((id, i) => ({
      ...{ ...piece, id, offset: 0.3 * i, duration: 0.4, speaker: i < 2 ? 'x' : 'y' },
    }));
    const trials = [
      { enroll: 'a', test: 'b', target: true },
      { enroll: 'a', test: 'c', target: false },
      { enroll: 'b', test: 'd', target: false },
      { enroll: 'c', test: 'd', target: true },
    ];
    const { int8, agreement, bytes } = await exported('ecapa-tdnn', {
      int8: true,
      development: { utterances, trials },
    });
    assert.ok(int8 && bytes < 0.5 * int8.float, JSON.stringify(int8));
    assert.ok(agreement.lowestCosine > 0.99 && agreement.lowestCosine < 1, JSON.stringify(agreement));
    assert.equal(int8.development?.trials, 4);
    for (const eer of [int8.development?.eer, int8.development?.eerInt8]) assert.ok(eer! >= 0 && eer! <= 1);
  });

  it('is checked on artificial voices where there is no speech, and on noise where no features are known', async () => {
    assert.match((await exported('x-vector', { audio: [] })).agreement.on, /^3 artificial voices/);
    const { agreement } = await exported('imported', { audio: [] });
    assert.match(agreement.on, /^noise/);
    assert.ok(agreement.lowestCosine > 0.999999);
  });

  it('refuses what cannot be, in words, and writes nothing', async () => {
    const out = path('never.onnx');
    const rejects = (options: Partial<ExportModelOptions>, words: RegExp, model = 'x-vector') =>
      assert.rejects(exported(model, { out, ...options }), words);
    writeWav(path('short.wav'), new Float32Array(300).fill(0.1), 16000);
    await rejects({ out: path('never.txt') }, /expected a name that ends in \.onnx/);
    await rejects({ input: 'audio' }, /imported weights\), so they cannot be part of the file\n {2}export with --input fbank/, 'imported'); // prettier-ignore
    await rejects({}, /imported weights\), so audio says nothing here/, 'imported');
    await rejects({ audio: [path('short.wav')] }, /short\.wav: 300 samples are too short for features/);
    await rejects({ audio: [wavPath('speech_8k.wav')] }, /expected 16000 Hz, got 8000 Hz; pass --other-rates resample/);
    await rejects({ modelDir: path('none') }, /not a model folder/);
    assert.ok(!existsSync(out));
    assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.part')), []); // prettier-ignore
  });

  it('gives the same embedding in Python, by the lines of docs/export.md', async function () {
    const python = pythonWith('numpy', 'onnxruntime');
    if (!python) skip(this, 'Python with numpy and onnxruntime; $PYTHON names one');
    await exported('aca-net', { input: 'audio', out: path('aca-net-audio.onnx') });
    const { samples } = await readAudio(wavPath('speech_16k.wav'));
    writeWav(path('a.wav'), samples, 16000);
    const [example] = fencesOf('docs/export.md').filter(({ language }) => language === 'python');
    const { status, stderr, stdout } = spawnSync(python, ['-c', example.text], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const expected = await embedInputs({
      ...{ inputs: [path('a.wav')], modelDir: path('aca-net'), engine, asIs: false },
      log: () => undefined,
      progress: () => undefined,
    });
    const npy = readFileSync(path('a.npy'));
    const data = npy.subarray(10 + npy.readUInt16LE(8));
    const got = Array.from({ length: data.length / 4 }, (_, i) => data.readFloatLE(4 * i));
    const vector = expected.get('a')!;
    assert.ok(maxAbsDifference(got, vector) < 1e-4 * Math.max(...vector), stdout);
  });

  it('is loaded by sherpa-onnx, which gives what was foretold', async function () {
    const python = pythonWith('numpy', 'sherpa_onnx');
    if (!python) skip(this, 'Python with numpy and sherpa_onnx; $PYTHON names one');
    await exported('ecapa-tdnn');
    const { samples } = await readAudio(wavPath('speech_16k.wav'));
    writeWav(path('a.wav'), samples, 16000);
    const code = `
import json, wave, numpy as np, sherpa_onnx
extractor = sherpa_onnx.SpeakerEmbeddingExtractor(sherpa_onnx.SpeakerEmbeddingExtractorConfig(model="ecapa-tdnn.onnx"))
with wave.open("a.wav") as file:
    samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
stream = extractor.create_stream()
stream.accept_waveform(16000, samples)
stream.input_finished()
print(json.dumps([extractor.dim, *map(float, extractor.compute(stream))]))`;
    const { status, stderr, stdout } = spawnSync(python, ['-c', code], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const [dim, ...got] = JSON.parse(stdout) as number[];
    const theirs = createFbank(sherpaFeatures(featureOptions.parse(features))!)(samples);
    normalizeFeatures(theirs, 'global', { globalMean: Float32Array.from(globalMean) });
    const embedder = await realLibrary.openEmbedder({ modelDir: path('ecapa-tdnn'), engine });
    const expected = await embedder.embed(theirs);
    await embedder.close();
    assert.equal(dim, 12);
    // Its features are of another implementation of Kaldi's, with roundings of its own.
    assert.ok(maxAbsDifference(got, expected) < 1e-3 * Math.max(...expected), `${got}\n${expected}`);
  });
});
