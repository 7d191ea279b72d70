/** Imported ONNX files and weights embed audio where their features are known; what is missing is said. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/errors.js';
import { initialTensors } from '../../src/models/contract/model.js';
import { readModelDescription, writeModelFolder } from '../../src/models/model-folder.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { featureOptions } from '../../src/features/options.js';
import { realLibrary } from '../../src/tasks/do-model-work.js';
import { embedInputs } from '../../src/tasks/embedding/embed-files.js';
import { exportModel } from '../../src/tasks/export/export-model.js';
import { maxAbs, maxAbsDifference } from '../fixture-models.js';

const fixtures = new URL('../../../test/fixtures/', import.meta.url).pathname;
const onnx = (name: string) => join(fixtures, 'onnx', `${name}.onnx`);
const speech = join(fixtures, 'audio_features', 'speech_16k.wav');
const quiet = { log: () => undefined, progress: () => undefined };
const engine = { name: 'onnx', device: 'cpu', threads: 1 } as const;

describe('import of any file', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-import-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const written = (name: string, value: unknown) => {
    writeFileSync(join(dir, name), JSON.stringify(value));
    return join(dir, name);
  };
  const importInto = (name: string, weights: string, config?: unknown) =>
    realLibrary.importModel({
      weights,
      out: join(dir, name),
      ...(config !== undefined && { config: written('c.json', config) }),
    });
  async function embed(name: string): Promise<Float32Array> {
    const found = await embedInputs({ ...quiet, inputs: [speech], modelDir: join(dir, name), engine, asIs: false });
    return [...found.values()][0];
  }
  const refuses = async (weights: string, config: unknown, says: RegExp) => {
    await assert.rejects(importInto('out', weights, config), (error: Error) => {
      assert.ok(error instanceof UserError, error.stack);
      assert.match(error.message, says);
      return true;
    });
    assert.ok(!existsSync(join(dir, 'out')));
  };

  it('takes ONNX files of features and of audio, and embeds audio with them', async () => {
    const { parameters } = JSON.parse(readFileSync(join(fixtures, 'onnx', 'expected.json'), 'utf8')) as {
      parameters: Record<string, number>;
    };
    const found = await importInto('nemo', onnx('nemo'), { model: 'onnx', features: { type: 'kaldi' } });
    assert.equal(found.parameters, parameters.nemo);
    assert.equal((await embed('nemo')).length, 12);
    await importInto('audio', onnx('audio'), { features: { type: 'audio' } });
    assert.equal((await embed('audio')).length, 12);
    const { files } = readModelDescription(join(dir, 'nemo'));
    assert.deepEqual(Object.keys(files!), ['model.onnx']);
  });

  it('takes weights in files beside the ONNX file along', async () => {
    await importInto('beside', onnx('beside'), { features: {} });
    await importInto('whole', onnx('wespeaker'), { features: {} });
    assert.deepEqual(await embed('beside'), await embed('whole'));
    rmSync(join(dir, 'beside', 'beside.onnx.data'));
    await assert.rejects(embed('beside'), /beside\.onnx\.data: is gone/);
  });

  it('takes features as they are where nothing says what they were', async () => {
    assert.equal((await importInto('bare', onnx('wespeaker'))).features, undefined);
    assert.equal(readModelDescription(join(dir, 'bare')).bins, 80);
    await assert.rejects(embed('bare'), /does not say which features it takes/);
    const embedder = await realLibrary.openEmbedder({ modelDir: join(dir, 'bare'), engine });
    assert.equal((await embedder.embed({ frames: 50, bins: 80, data: new Float32Array(4000) })).length, 12);
    await embedder.close();
  });

  it('knows from a file that acanet exported what it takes', async function () {
    const model = parseModelOptions({ type: 'aca-net', latents: 8, embed: 16, blocks: 1, layers: 1, heads: 2 }, 'test');
    const features = featureOptions.parse({ normalize: 'mean' });
    const tensors = initialTensors(createModel(model), 1);
    await writeModelFolder(join(dir, 'own'), { model, features, origin: {} }, tensors);
    const own = await embed('own');
    for (const input of ['fbank', 'audio'] as const) {
      const file = join(dir, `${input}.onnx`);
      await exportModel({
        modelDir: join(dir, 'own'),
        out: file,
        engine,
        input,
        int8: false,
        audio: [speech],
        ...quiet,
      });
      await importInto(input, file);
      const again = await embed(input);
      assert.ok(maxAbsDifference(again, own) <= 1e-5 * Math.max(1, maxAbs(own)), input);
    }
  });

  it('takes the features of weights from their configuration', async () => {
    const weights = join(fixtures, 'pytorch', 'tiny-ecapa.ckpt');
    const { config } = JSON.parse(readFileSync(join(fixtures, 'pytorch', 'tiny-ecapa.json'), 'utf8')) as {
      config: object;
    };
    await importInto('ecapa', weights, { ...config, features: { type: 'speechbrain', bins: 20 } });
    assert.equal((await embed('ecapa')).length, 6);
    await refuses(
      weights,
      { ...config, features: { bins: 40 } },
      /"features": expected 20 values a frame, as the model takes, got 40/,
    );
    await refuses(
      weights,
      { ...config, features: { type: 'audio' } },
      /expected 20 values a frame, as the model takes, got samples of audio/,
    );
    await refuses(weights, { ...config, features: { bins: 20, normalize: 'global' } }, /no mean of its training set/);
    await refuses(weights, { ...config, features: { bin: 20 } }, /"features" are not those of a recipe/);
    await refuses(weights, undefined, /weights need --config FILE/);
  });

  it('says what an ONNX file lacks', async () => {
    await refuses(onnx('audio'), undefined, /cannot be told from its inputs \(waveform float32 \[B, N\]\)/);
    await refuses(onnx('fixed'), { features: {} }, /expected any length, got exactly 50/);
    await refuses(onnx('wespeaker'), { features: { bins: 64 } }, /expected 64 values a frame/);
    await refuses(onnx('wespeaker'), { featurs: {} }, /not the configuration of an ONNX model/);
    await refuses(join(dir, 'absent.onnx'), undefined, /absent\.onnx: cannot read the model/);
  });
});
