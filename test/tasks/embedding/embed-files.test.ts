/** @file Inputs of `acanet embed`: what each kind of file means, how it is normalised, and what is refused. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../../src/audio/write-wav.js';
import { writeManifest } from '../../../src/corpus/manifest/manifest.js';
import { featureOptions, type RatePolicy } from '../../../src/features/options.js';
import { embedInputs } from '../../../src/tasks/embedding/embed-files.js';
import { embeddingFiles, writeEmbeddingsAs } from '../../../src/tasks/embedding/embedding-formats.js';
import type { Embedder } from '../../../src/tasks/model-work.js';
import { createArchiveWriter, listArchive, readVector, writeScp } from '../../../src/storage/kaldi-archive.js';

const features = featureOptions.parse({ bins: 20, normalize: 'mean' });

interface EmbedOptions {
  asIs?: boolean;
  model?: Embedder;
  otherRates?: RatePolicy;
  outputs?: string[];
  log?: (line: string) => void;
}

describe('embedding of files', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-embed-'));
    mkdirSync(join(folder, 'other'));
    mkdirSync(join(folder, 'empty'));
    for (const [name, seconds, rate] of [
      ['a', 0.5, 16000],
      ['b', 0.4, 16000],
      ['other/a', 0.3, 16000],
      ['slow', 0.5, 8000],
    ] as const) {
      const samples = Float32Array.from({ length: seconds * rate }, (_, i) => 0.3 * Math.sin(i * i * 1e-5));
      writeWav(path(`${name}.wav`), samples, rate);
    }
    const archive = createArchiveWriter(path('feats.ark'));
    archive.writeMatrix('short', 2, 20, new Float32Array(40).fill(1));
    writeWav(path('a b.wav'), new Float32Array(8000).fill(0.1), 16000);
    writeFileSync(path('empty.ark'), '');
    writeFileSync(path('gone.scp'), 'x a.wav\ny none.wav\n');
    archive.writeMatrix('long', 30, 20, new Float32Array(600).fill(2));
    writeScp(path('feats.scp'), archive.close().entries);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const path = (name: string) => join(folder, name);

  /** Its embedding is [number of frames, first value]. */
  const embedder: Embedder = {
    features,
    bins: 20,
    minFrames: 3,
    embed: ({ frames, data }) => Promise.resolve(Float32Array.of(frames, data[0])),
    close: () => Promise.resolve(),
  };
  const embed = (
    inputs: string[],
    { asIs = false, model = embedder, otherRates, outputs, log = () => undefined }: EmbedOptions = {},
  ) =>
    embedInputs({
      inputs: inputs.map(path),
      modelDir: 'model',
      engine: { name: 'reference', device: 'cpu', threads: null },
      asIs,
      otherRates,
      outputs,
      library: { openEmbedder: () => Promise.resolve(model) },
      log,
      progress: () => undefined,
    });

  it('refuses to write over what a list or folder names', async () => {
    for (const [input, output] of [
      ['feats.scp', 'feats.ark'],
      ['other', 'other/a.wav'],
      ['wav.scp', 'a.wav'],
    ]) {
      writeFileSync(path('wav.scp'), 'x a.wav\n');
      await assert.rejects(embed([input], { asIs: true, outputs: [path(output)] }), /is an input, and would be overwr/);
    }
  });

  it('takes audio files, under their names, in their order', async () => {
    const embeddings = await embed(['b.wav', 'a.wav']);
    assert.deepEqual([...embeddings.keys()], ['b', 'a']);
    assert.equal(embeddings.get('a')![0], 48); // 1 + (8000 − 400) / 160
  });

  it('takes a folder, its files named by their paths in it', async () => {
    const deep = mkdtempSync(join(folder, 'deep-'));
    mkdirSync(join(deep, 'id1'));
    for (const name of ['id1/x.wav', 'y.wav']) writeFileSync(join(deep, name), readFileSync(path('a.wav')));
    const embeddings = await embed([deep.slice(folder.length + 1)]);
    assert.deepEqual([...embeddings.keys()], ['id1/x', 'y']);
  });

  it('embeds many files as it embeds few, in their order, and names all that it cannot embed', async () => {
    const many = mkdtempSync(join(folder, 'many-'));
    const sound = [path('a.wav'), path('b.wav')].map((file) => readFileSync(file));
    for (let i = 0; i < 40; i++) writeFileSync(join(many, `u${String(i).padStart(2, '0')}.wav`), sound[i % 2]);
    const inputs = [many.slice(folder.length + 1)];
    const embeddings = await embed(inputs);
    const few = await embed(['a.wav', 'b.wav']);
    assert.deepEqual(
      [...embeddings],
      Array.from({ length: 40 }, (_, i) => [`u${String(i).padStart(2, '0')}`, few.get('ab'[i % 2])]),
    );
    for (const i of [7, 31]) writeFileSync(join(many, `u${String(i).padStart(2, '0')}.wav`), 'no audio');
    await assert.rejects(embed(inputs), /2 utterances cannot be embedded:\n .*u07\.wav: .*\n .*u31\.wav: /);
  });

  it('takes the ranges of a feats.scp, and says where they go beyond the end', async () => {
    const place = listArchive(path('feats.ark'))[1].offset;
    const said: string[] = [];
    const model = { ...embedder, bins: 5 };
    const lines = ['[:,0:4]', '[10:31,5:9]', ' [ 0:9 , 0:4 ]'].map(
      (range, i) => `u${i} ${path('feats.ark')}:${place}${range}`,
    );
    writeFileSync(path('ranges.scp'), lines.join('\n'));
    const embeddings = await embed(['ranges.scp'], { asIs: true, model, log: (line) => said.push(line) });
    assert.deepEqual(
      [...embeddings.values()].map(([frames]) => frames),
      [30, 20, 10],
    );
    assert.equal(said.length, 1);
    assert.match(said[0], /^! 1 ranges go up to 3 rows beyond their matrix .*: u1 \[10:31,5:9\] of 30 rows$/);
  });

  it('resamples audio as the model’s training did, unless it is told otherwise', async () => {
    assert.equal((await embed(['slow.wav'], { otherRates: 'resample' })).get('slow')![0], 48);
    await assert.rejects(embed(['slow.wav'], { otherRates: 'downsample' }), /leaves the upper bands empty/);
    const model = { ...embedder, features: { ...features, otherRates: 'resample' as const } };
    assert.equal((await embed(['slow.wav'], { model })).get('slow')![0], 48);
    await assert.rejects(embed(['slow.wav'], { model, otherRates: 'refuse' }), /expected 16000 Hz, got 8000 Hz/);
  });

  it('takes a manifest with its ranges, and a wav.scp with paths beside it', async () => {
    const common = { speaker: 's', sampleRate: 16000, channels: 1, corpus: 'c', split: 'test' } as const;
    writeManifest(path('m.jsonl'), [{ ...common, id: 'part', path: path('a.wav'), offset: 0.1, duration: 0.2 }]);
    assert.equal((await embed(['m.jsonl'])).get('part')![0], 18);
    writeFileSync(path('wav.scp'), 'x a.wav\ny other/a.wav\n');
    assert.deepEqual([...(await embed(['wav.scp'])).keys()], ['x', 'y']);
  });

  it('takes features from an archive or its scp, normalised like the model’s or as they are', async () => {
    for (const input of ['feats.ark', 'feats.scp']) {
      const model = { ...embedder, minFrames: 1 };
      assert.deepEqual([...(await embed([input], { model })).get('long')!], [30, 0]);
      assert.deepEqual([...(await embed([input], { model, asIs: true })).get('long')!], [30, 2]);
    }
  });

  const unknown: Embedder = { ...embedder, features: undefined, minFrames: 1 };
  const refused: [title: string, inputs: string[], options: Parameters<typeof embed>[1], message: RegExp][] = [
    ['two files of one name', ['a.wav', 'other/a.wav'], {}, /the key "a" comes twice: .*a\.wav and .*other\/a\.wav/],
    [
      'audio of another sample rate',
      ['slow.wav'],
      {},
      /slow\.wav: expected 16000 Hz, got 8000 Hz; pass --other-rates resample/,
    ],
    ['features that are too short', ['feats.ark'], {}, /feats\.ark: short: the model needs at least 3 frames, got 2/],
    [
      'features of another size',
      ['feats.ark'],
      { model: { ...embedder, bins: 80 } },
      /takes 80 values a frame, got 20/,
    ],
    ['a name with white space, before any work', ['a.wav', 'a b.wav'], {}, /a b\.wav: the key "a b" .*\n.*wav\.scp/],
    ['an archive without utterances', ['empty.ark'], {}, /empty\.ark: no utterances to embed/],
    ['a wav.scp that names a file that is not there', ['gone.scp'], {}, /gone\.scp:2: no such file: none\.wav/],
    ['a folder without audio', ['empty'], {}, /empty: no audio files in this folder/],
    ['a file that is not there', ['none.wav'], {}, /none\.wav: no such file/],
    ['audio as it is', ['a.wav'], { asIs: true }, /--as-is is for features/],
    [
      'audio for a model without features',
      ['a.wav'],
      { model: unknown },
      /does not say which features.*\n.*features extract/,
    ],
    [
      'features for such a model, unless they are to be taken as they are',
      ['feats.ark'],
      { model: unknown },
      /--as-is/,
    ],
  ];
  for (const [title, inputs, options, message] of refused) {
    it(`refuses ${title}`, () => assert.rejects(embed(inputs, options), message));
  }

  it('names the utterance and frame that hold no numbers', async () => {
    const archive = createArchiveWriter(path('two.ark'));
    archive.writeMatrix('well', 5, 20, new Float32Array(100));
    archive.writeMatrix('ill', 5, 20, new Float32Array(100));
    archive.close();
    const bytes = read('two.ark');
    bytes.writeFloatLE(NaN, bytes.length - 4); // the writer refuses NaN; other programs do not
    writeFileSync(path('two.ark'), bytes);
    await assert.rejects(embed(['two.ark'], { asIs: true }), /two\.ark: ill: frame 4 holds NaN/);
  });

  it('refuses to write over an input, or under a name that the format does not take', () => {
    assert.deepEqual(embeddingFiles('ark', 'x.ark', ['feats.ark']), ['x.ark', 'x.scp']);
    assert.throws(
      () => embeddingFiles('ark', `${folder}/./feats.ark`, [path('feats.ark')]),
      /is an input, and would be overwritten/,
    );
    assert.throws(
      () => embeddingFiles('ark', path('feats.ark'), [path('feats.scp')]),
      /feats\.scp: is an input, and would be overwritten/,
    );
    assert.throws(() => embeddingFiles('ark', 'x.npy', ['a.wav']), /x\.npy: expected a name that ends in \.ark/);
  });

  it('refuses commands in a wav.scp', async () => {
    writeFileSync(path('piped.scp'), 'x sph2pipe a.wv1 |\n');
    await assert.rejects(embed(['piped.scp']), /piped\.scp:1: expected the path of an audio file, got a command/);
  });

  it('writes Kaldi’s archive, Kaldi’s text and NumPy’s matrix', () => {
    const embeddings = new Map([
      ['x', Float32Array.of(1, 2.5)],
      ['y', Float32Array.of(-1, 0)],
    ]);
    assert.deepEqual(writeEmbeddingsAs('ark', path('e.ark'), embeddings), [path('e.ark'), path('e.scp')]);
    assert.deepEqual(listArchive(path('e.ark')).map((entry) => [entry.key, [...readVector(entry)]])[0], [
      'x',
      [1, 2.5],
    ]);
    writeEmbeddingsAs('text', path('e.txt'), embeddings);
    assert.equal(text('e.txt'), 'x  [ 1 2.5 ]\ny  [ -1 0 ]\n');
    writeEmbeddingsAs('npy', path('e.npy'), embeddings);
    const bytes = read('e.npy');
    const start = 10 + bytes.readUInt16LE(8);
    assert.equal(start % 64, 0);
    assert.equal(bytes.toString('latin1', 1, 6), 'NUMPY');
    assert.match(bytes.toString('latin1', 10, start), /^\{'descr': '<f4', .*'shape': \(2, 2\), \} *\n$/);
    assert.deepEqual(
      [0, 4, 8, 12].map((at) => bytes.readFloatLE(start + at)),
      [1, 2.5, -1, 0],
    );
    assert.equal(text('e.keys'), 'x\ny\n');
  });

  const read = (name: string) => readFileSync(path(name));
  const text = (name: string) => read(name).toString();
});
