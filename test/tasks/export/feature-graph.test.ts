/**
 * @file Features as ONNX operators: against torchaudio's and SpeechBrain's own numbers, and against the features that
 * models are trained on, for every option that changes them.
 */
import assert from 'node:assert/strict';
import { readAudio } from '../../../src/audio/read.js';
import { encodeOnnx } from '../../../src/engine/onnx/encode.js';
import { float32 } from '../../../src/engine/program/host-tensor.js';
import { openOnnxFile } from '../../../src/engine/run-onnx.js';
import type { Features } from '../../../src/features/fbank/fbank.js';
import { normalizeFeatures } from '../../../src/features/normalization.js';
import { type FeatureOptions, featureOptions } from '../../../src/features/options.js';
import { createSpeechFeatures } from '../../../src/features/fbank/speech-features.js';
import { featureGraph } from '../../../src/tasks/export/feature-graph.js';
import { createGraphWriter } from '../../../src/tasks/export/graph-writer.js';
import { normalizationGraph } from '../../../src/tasks/export/normalization-graph.js';
import { cases, deviation, kaldiOptions, tensor, wavPath } from '../../features/fixtures.js';

const globalMean = Array.from({ length: 80 }, (_, i) => i / 8);

/** The features of the graph alone. */
async function computed(options: FeatureOptions, samples: Float32Array<ArrayBuffer>): Promise<Features> {
  const write = createGraphWriter('test_');
  const input = write.graph.input('samples', [1, 1], 'float32');
  const features = featureGraph(write, input, options);
  const value = normalizationGraph(write, features, { mode: options.normalize, globalMean });
  const graph = { inputs: [input], nodes: [...write.graph.nodes], outputs: [{ name: 'features', value }] };
  const bytes = encodeOnnx(graph, {
    inputs: [{ name: 'samples', shape: [1, 'N'], dtype: 'float32' }],
    outputs: [{ name: 'features', shape: [1, 'T', 'values'], dtype: 'float32' }],
  });
  const file = await openOnnxFile(bytes, { threads: 1 });
  const { shape, data } = (await file.run({ samples: float32([1, samples.length], samples) })).features;
  await file.close();
  assert.equal(shape[0], 1);
  return { frames: shape[1], bins: shape[2], data: Float32Array.from(data) };
}

const read = async (name: string) => (await readAudio(wavPath(name))).samples;

describe('features in an exported file', () => {
  for (const each of cases.kaldi) {
    it(`equal torchaudio's ${each.tensor}`, async () => {
      const options = { ...kaldiOptions(each), normalize: 'none' as const };
      const { frames, bins, data } = await computed(options, await read(each.wav));
      assert.deepEqual([frames, bins], tensor(each.tensor).shape);
      // The bound that our own features are held to: both add float32 in another order than torchaudio.
      const { worst, mean } = deviation(data, tensor(each.tensor).data);
      assert.ok(worst < 1e-2 && mean < 2e-4, `worst ${worst}, mean ${mean}`);
    });
  }

  const rows: Record<string, unknown>[] = [
    { type: 'speechbrain' },
    { type: 'speechbrain', nFft: 512, topDb: 40 },
    { normalize: 'mean' },
    { normalize: 'meanvar' },
    { normalize: 'global' },
    { normalize: { window: 50 } },
    { normalize: { window: 5000 } },
    { vad: {}, normalize: 'mean' },
    { vad: { threshold: 12, meanScale: 0, context: 0, proportion: 0.6 }, normalize: 'none' },
    { vad: {}, type: 'speechbrain', normalize: 'none' },
    { useEnergy: true, rawEnergy: false, normalize: 'none' },
    { snipEdges: false, highFreq: -400, normalize: 'none' },
    { frameLength: 20, frameShift: 8, bins: 40, preemphasis: 0, normalize: 'none' },
  ];
  for (const row of rows) {
    it(`are those that models are trained on with ${JSON.stringify(row)}`, async () => {
      const options = featureOptions.parse(row);
      const extract = createSpeechFeatures(options);
      for (const length of [undefined, 4000, 401]) {
        const samples = (await read('speech_16k.wav')).slice(0, length);
        const expected = extract(samples, 'speech');
        normalizeFeatures(expected, options.normalize, { globalMean: Float32Array.from(globalMean) });
        const got = await computed(options, samples);
        assert.deepEqual([got.frames, got.bins], [expected.frames, expected.bins]);
        // As above. A band that holds nothing but roundings of a louder one may differ more: its log is of those.
        const { worst, mean } = deviation(got.data, expected.data);
        assert.ok(worst < 2e-2 && mean < 2e-4, `${length} samples: worst ${worst}, mean ${mean}`);
      }
    });
  }
});
