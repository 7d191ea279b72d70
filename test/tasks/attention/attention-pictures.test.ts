/** @file Pictures of attention from audio: files, figures, and what is refused. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../../src/audio/write-wav.js';
import { writeManifest } from '../../../src/corpus/manifest/manifest.js';
import { featureOptions } from '../../../src/features/options.js';
import { initialTensors } from '../../../src/models/contract/model.js';
import { writeModelFolder } from '../../../src/models/model-folder.js';
import { createModel, parseModelOptions } from '../../../src/models/registry.js';
import { keyedRandom } from '../../../src/random.js';
import { embedInputs } from '../../../src/tasks/embedding/embed-files.js';
import {
  describeExplained,
  explainInputs,
  explainUtterances,
} from '../../../src/tasks/attention/attention-pictures.js';
import type { ExplainOptions } from '../../../src/tasks/attention/attention-pictures.js';
import { openExplainer } from '../../../src/tasks/attention/attention-of-speech.js';
import { createArchiveWriter } from '../../../src/storage/kaldi-archive.js';

const RATE = 8000;
const engine = { name: 'onnx', device: 'cpu', threads: 2 } as const;
const silent = { log: () => undefined, progress: () => undefined };
const aca = {
  type: 'aca-net',
  ...{ bins: 20, latents: 12, embed: 16, heads: 2, attentionMlp: 16, transformerMlp: 16, blocks: 1 },
};
/** Latents that look at different frames. */
const spread = { latentInit: { distribution: 'normal', std: 4 } };
const ecapa = {
  type: 'ecapa-tdnn',
  ...{ bins: 20, embedding: 12, channels: [16, 16, 16, 16, 48], res2netScale: 4, seChannels: 8, attentionChannels: 8 },
};
const features = { sampleRate: RATE, bins: 20 };

describe('acanet explain', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  const write = async (name: string, model: object, given: object | null = features) => {
    const options = parseModelOptions(model, name);
    const description = { model: options, origin: {}, ...(given && { features: featureOptions.parse(given) }) };
    await writeModelFolder(path(name), description, initialTensors(createModel(options), 1));
  };
  const explain = (inputs: string[], options: Partial<ExplainOptions> = {}) =>
    explainInputs({ ...silent, inputs, modelDir: path('aca'), engine, out: path('out'), ...options });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-explain-'));
    // Bursts of a chirp between stretches of faint noise.
    const random = keyedRandom('test', 'explain');
    const samples = Float32Array.from({ length: 1.5 * RATE }, (_, i) => {
      const burst = i % 4000 < 2500 ? 0.3 * Math.sin(i * i * 1e-5) : 0;
      return burst + 0.001 * random.normal();
    });
    writeWav(path('a.wav'), samples, RATE);
    writeWav(path('b.wav'), samples.subarray(0, RATE), RATE);
    writeWav(path('tone.wav'), samples.map((_, i) => 0.1 * Math.sin(i / 5)), RATE); // prettier-ignore
    writeWav(path('silence.wav'), new Float32Array(RATE), RATE);
    const shared = { speaker: 's', sampleRate: RATE, channels: 1, corpus: 'test', split: 'test' } as const;
    writeManifest(path('manifest.jsonl'), [{ ...shared, id: 's/a', path: path('a.wav'), offset: 0.5, duration: 0.5 }]);
    const archive = createArchiveWriter(path('feats.ark'));
    archive.writeMatrix('x', 2, 20, new Float32Array(40));
    archive.close();
    await write('aca', { ...aca, ...spread });
    await write('vad', { ...aca, ...spread }, { ...features, vad: {} });
    await write('collapsed', { ...aca, latentInit: { std: 1e-6 } });
    await write('ecapa', ecapa);
    await write('attentive', { ...aca, pooling: 'attentive' });
    await write('pooled', { ...aca, pooling: 'statistics' });
    await write('imported', aca, null);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('draws each utterance as SVG, PNG and CSV, and says where the model looks', async () => {
    const explained = await explain([path('a.wav'), path('b.wav')]);
    assert.equal(explained.pictures.length, 2);
    for (const [i, name] of ['a', 'b'].entries()) {
      const { files, utterances } = explained.pictures[i];
      assert.deepEqual(
        files,
        ['svg', 'png', 'csv'].map((type) => path(`out/${name}.${type}`)),
      );
      assert.match(readFileSync(files[0], 'utf8'), /^<svg role="img" aria-labelledby="title desc"/);
      assert.equal(readFileSync(files[1]).subarray(1, 4).toString(), 'PNG');
      const [{ frames, layers, speechFrames }] = utterances;
      assert.equal(readFileSync(files[2], 'utf8').trim().split('\n').length, 1 + frames);
      assert.equal(layers.length, 2);
      for (const { effectiveFrames, coveredFrames, speechShare } of layers) {
        assert.ok(effectiveFrames >= 1 && effectiveFrames <= coveredFrames + 1e-6 && coveredFrames <= frames);
        assert.ok(speechShare > 0 && speechShare < 1);
      }
      assert.ok(speechFrames > 0.5 * frames && speechFrames < 0.8 * frames, `${speechFrames} of ${frames}`);
    }
    assert.match(describeExplained(explained), /a: 1\.50 s, 148 frames, \d+ % speech\nlayer +frames a latent +of all/);
    assert.ok(!('weights' in explained.pictures[0].utterances[0].layers[0]), 'no weights in JSON');
  });

  for (const name of ['aca', 'vad', 'attentive', 'ecapa']) {
    it(`looks at the features that embed embeds, to the last bit: ${name}`, async () => {
      const modelDir = path(name);
      const embeddings = await embedInputs({ ...silent, inputs: [path('a.wav')], modelDir, engine, asIs: false });
      const explainer = await openExplainer({ modelDir, engine });
      const { embedding, utterance } = await explainer.explain(await explainer.read({ path: path('a.wav') }), {
        name: 'a',
      });
      await explainer.close();
      assert.deepEqual(embedding, embeddings.get('a'));
      assert.equal(utterance.framesGiven < utterance.frames, name === 'vad');
      for (const { mean, rows, weights } of utterance.layers) {
        assert.equal(weights.length, rows * utterance.frames);
        assert.ok(Math.abs(mean.reduce((sum, share) => sum + share, 0) - 1) < 1e-5);
        if (name === 'vad') assert.ok(mean.every((share, t) => share > 0 === Boolean(utterance.speech[t])));
      }
    });
  }

  it('compares an utterance with itself with a pause put in, and with another one', async () => {
    const [paused] = (await explain([path('a.wav')], { pause: 0.5, layers: ['2'] })).pictures;
    assert.deepEqual(paused.files[0], path('out/a-pause.svg'));
    const [, { pause, layers, duration }] = paused.utterances;
    assert.ok(pause && Math.abs(pause.to - pause.from - 0.5) < 1e-9 && duration === 2);
    assert.equal(layers.length, 1);
    assert.equal(layers[0].name, 'ACA_blocks.0.cross_attention.1');
    assert.ok(layers[0].pauseShare! > 0 && layers[0].pauseShare! < 1);
    assert.ok(paused.cosine! > -1 && paused.cosine! < 1);
    const [against] = (await explain([path('a.wav')], { against: path('a.wav') })).pictures;
    assert.deepEqual(against.files[0], path('out/a-against-a.svg'));
    assert.ok(Math.abs(against.cosine! - 1) < 1e-6);
  });

  it("takes ids of a recipe's manifest, with their piece of the file, and names files after them", async () => {
    const [{ utterances, files }] = (await explain(['s/a'], { manifest: path('manifest.jsonl') })).pictures;
    assert.equal(utterances[0].name, 's/a');
    assert.equal(utterances[0].duration, 0.5);
    assert.equal(files[0], path('out/s_a.svg'));
  });

  it('draws the same picture again, also of two', async () => {
    for (let time = 0; time < 2; time++)
      for (const options of [{ pause: 0.4 }, { against: path('b.wav') }, {}]) await explain([path('a.wav')], options);
  });

  it('shows attention that has collapsed to a mean as such', async () => {
    const explained = await explain([path('tone.wav')], { modelDir: path('collapsed') });
    const [{ utterances }] = explained.pictures;
    // Only the first layer: in the next one the latents have heard something.
    assert.ok(utterances[0].layers[0].evenness > 0.999);
    assert.match(describeExplained(explained), /block 1, cross attention 1 \(even\)/);
  });

  it('finds no speech in silence', async () => {
    const [{ utterances }] = (await explain([path('silence.wav')])).pictures;
    assert.equal(utterances[0].speechFrames, 0);
    assert.ok(utterances[0].layers.every(({ speechShare }) => speechShare === 0));
  });

  it('makes figures for a page', async () => {
    const utterances = ['a', 'b'].map((name) => ({ name, piece: { path: path(`${name}.wav`) } }));
    const figures = await explainUtterances({ modelDir: path('ecapa'), engine, utterances });
    assert.deepEqual(figures.map(({ id }) => id), ['attention-1', 'attention-2']); // prettier-ignore
    assert.match(figures[1].description, /b, 1\.00 s\. attentive statistics pooling: /);
  });

  const refused: [
    title: string,
    inputs: string[],
    options: Partial<ExplainOptions> | (() => Partial<ExplainOptions>),
    RegExp,
  ][] = [
    ['a model without attention', ['a.wav'], () => ({ modelDir: path('pooled') }), /attends to no frames.*\n.*aca-net/],
    ['imported weights', ['a.wav'], () => ({ modelDir: path('imported') }), /does not say which features it takes/],
    ['a layer that is not there', ['a.wav'], { layers: ['3'] }, /--layer 3: .*it has\n {2}1 {2}ACA_blocks\.0\./],
    ['a file that is not there', ['c.wav'], {}, /c\.wav: no such file$/],
    [
      'an id that is not there',
      ['c'],
      () => ({ manifest: path('manifest.jsonl') }),
      /no such utterance in .*manifest\.jsonl/,
    ],
    ['features', ['feats.ark'], {}, /feats\.ark: x: expected audio, got features/],
    ['one name for two pictures', ['a.wav', 'a.wav'], {}, /two utterances would both be drawn in .*a\.svg$/],
    [
      'to replace a table of its own name that is another one',
      ['a.wav'],
      () => {
        writeFileSync(path('a.csv'), 'word,from,to\n');
        return { out: folder };
      },
      /a\.csv: is there already, and is no table of attention\n.*--out DIR/,
    ],
    ['two utterances to compare with', ['a.wav'], () => ({ against: path('none.jsonl') }), /none\.jsonl: no such file/],
  ];
  for (const [title, inputs, options, message] of refused) {
    it(`refuses ${title}`, async () => {
      const given = typeof options === 'function' ? options() : options;
      await assert.rejects(explain(inputs.map(path), { out: path('refused'), ...given }), message);
      assert.ok(!existsSync(path('refused')));
    });
  }
});
