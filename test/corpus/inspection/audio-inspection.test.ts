/** @file Listening to a corpus: every utterance gets a result in its place, whatever its file is like. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createInspectionFile,
  inspectAudio,
  inspectManifest,
  readInspection,
  type AudioInspection,
  type InspectAudioOptions,
} from '../../../src/corpus/inspection/audio-inspection.js';
import { inspectBatch } from '../../../src/corpus/inspection/audio-inspection-task.js';
import { tallyInspection } from '../../../src/corpus/inspection/inspection-summary.js';
import { writeManifest, type Utterance } from '../../../src/corpus/manifest/manifest.js';
import { formatInspection } from '../../../src/report/inspection-table.js';
import { noise, RATE, recording, writeFloatWav } from '../readers/small-corpus.js';

const collect = async (utterances: readonly Utterance[], options: InspectAudioOptions = {}) => {
  const results: AudioInspection[] = [];
  for await (const result of inspectAudio(utterances, options)) results.push(result);
  return results;
};

describe('audio inspection', () => {
  let dir: string;
  let corpus: Utterance[];
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'inspection-'));
    const tone = Float32Array.from({ length: RATE }, (_, i) => 2 * Math.sin(i / 5));
    const nan = recording(dir, 'nan');
    const wide = recording(dir, 'wide');
    const cut = recording(dir, 'cut');
    writeFloatWav(nan.path, noise('nan', 1).fill(NaN, 5, 8));
    writeFloatWav(wide.path, new Float32Array(8 * 192_000).fill(0.1), { channels: 8, rate: 192_000 });
    truncateSync(cut.path, 1000);
    corpus = [
      recording(dir, 'plain'),
      nan,
      cut,
      { ...recording(dir, 'gone'), path: join(dir, 'none.wav') },
      { ...wide, sampleRate: 192_000, channels: 8, channel: 7 },
      { ...wide, id: 'wide-unchosen', channels: 8 },
      recording(dir, 'tiny', { seconds: 0.02 }),
      recording(dir, 'short', { seconds: 0.4 }),
      recording(dir, 'silent', { samples: new Float32Array(RATE) }),
      recording(dir, 'faint', { samples: noise('faint', 1, 0.003) }),
      recording(dir, 'clipped', { samples: tone }),
      recording(dir, 'offset', { samples: noise('offset', 1).map((x) => x + 0.2) }),
      recording(dir, 'dropout', { samples: noise('dropout', 1).fill(0, 0, RATE / 2) }),
      { ...recording(dir, 'part', { seconds: 2 }), duration: 1 },
      { ...recording(dir, 'beyond'), duration: 2 },
      { ...recording(dir, 'otherrate'), sampleRate: 16000 },
    ];
  });
  after(() => rmSync(dir, { recursive: true }));

  it('gives one result an utterance in their order, the same for any number of threads', async () => {
    const many = Array.from({ length: 100 }, (_, i) => {
      const utterance = corpus[i % corpus.length];
      // Of different length, as what is the same audio would be listened to once.
      return { ...utterance, id: `u${i}`, duration: utterance.duration - 0.001 * Math.floor(i / corpus.length) };
    });
    const heard: number[] = [];
    const one = await collect(many, { threads: 1, onProgress: ({ done }) => heard.push(done) });
    assert.deepEqual(
      one.map(({ id }) => id),
      many.map(({ id }) => id),
    );
    assert.equal(heard.at(-1), 100);
    assert.deepEqual(await collect(many, { threads: 3 }), one);
  });

  it('listens once to what is several utterances, and gives each its result', async () => {
    const [plain, other, part] = [corpus[0], corpus[7], corpus[13]];
    const entries = [plain, { ...plain, trailingSilence: 1 }, other, plain, part, { ...part, offset: 1 }, other, plain];
    const utterances = entries.map((utterance, index) => ({ ...utterance, id: `u${index}` }));
    let heard = 0;
    const results = await collect(utterances, { onProgress: ({ audioSeconds }) => (heard = audioSeconds) });
    const separately = await inspectBatch(utterances);
    assert.deepEqual(results, separately);
    assert.ok(Math.abs(heard - (plain.duration + other.duration + 2)) < 1e-9);
  });

  it('counts what is resampled without giving examples of a fault', async () => {
    const tally = tallyInspection({ sampleRate: 16_000, resampled: true });
    for (const result of await collect(corpus.slice(0, 1))) tally.add(result, corpus[0]);
    const rows = tally.summary(1).faults.filter(({ fault }) => fault.includes('16000 Hz'));
    assert.deepEqual(rows, [{ fault: 'resampled to 16000 Hz', fatal: false, utterances: 1, share: 1, worst: [] }]);
  });

  it('counts each fault once for the utterance that has it', async () => {
    const results = await collect(corpus, { threads: 2 });
    const tally = tallyInspection({ shortest: 0.025, sampleRate: RATE });
    results.forEach((result, index) => tally.add(result, corpus[index]));
    const { faults, inspected } = tally.summary(corpus.length);
    assert.equal(inspected, corpus.length);
    const found = faults.map(({ fault, worst }) => [fault, worst.map((text) => text.split(' ')[0])]);
    assert.deepEqual(found, [
      ['unreadable (missing, damaged, NaN)', ['beyond', 'cut', 'gone']],
      ['shorter than a frame (25 ms)', ['tiny']],
      ['rate differs from the manifest', ['otherrate']],
      ['rate is not 8000 Hz', ['wide']],
      ['shorter than 1 s', ['tiny', 'short']],
      ['file longer than the manifest says', ['part']],
      ['silence only (level below -70 dBFS)', ['silent', 'wide']],
      ['faint (speech below -50 dBFS)', ['faint']],
      ['digital silence in over 10 %', ['dropout']],
      ['clipped (over 0.1 % of samples)', ['clipped']],
      ['beyond full scale (float)', []],
      ['DC offset above 1 %', ['offset', 'wide']],
    ]);
    assert.equal(faults[0].utterances, 5); // three are shown
    assert.throws(
      () => tally.throwIfFatal('m.jsonl'),
      /^UserError: m\.jsonl: 7 faults in the audio of 16 inspected utterances:\n {2}nan: .*NaN[^]*none\.wav[^]*wide-unchosen: .*8 channels/,
    );
    const table = formatInspection(tally.summary(20));
    assert.match(table, /^16 utterances inspected \(a seeded sample of the 20\), /);
    assert.match(table, /! shorter than a frame \(25 ms\) +1 +6\.25 % +tiny \(0\.02 s\)\n/);
    assert.match(table, /clipped .* 1 +6\.25 % +clipped \(\d+ %\)/);
  });

  it('hashes the samples and not the file', async () => {
    const [whole, inFloat] = ['whole', 'float'].map((id) => recording(dir, id, { samples: noise('same', 1) }));
    const exact = noise('same', 1).map((x) => Math.round(x * 32768) / 32768);
    writeFloatWav(inFloat.path, exact);
    const longer = recording(dir, 'longer', { samples: Float32Array.from([...noise('x', 1), ...noise('same', 1)]) });
    const results = await collect([whole, inFloat, { ...longer, offset: 1, duration: 1 }, longer]);
    const hashes = results.map((result) => ('sha256' in result ? result.sha256 : result.problem));
    assert.equal(hashes[0], hashes[1]);
    assert.equal(hashes[0], hashes[2]);
    assert.notEqual(hashes[0], hashes[3]);
  });

  it('reads what is longer than a piece in pieces, with the same outcome', async () => {
    const long = recording(dir, 'long', { seconds: 301 });
    const [result] = await inspectBatch([long]);
    assert.ok('samples' in result);
    assert.equal(result.samples, 301 * RATE);
    // In float, so that it does not depend on how the pieces were cut: noise of amplitude 0.1 has an RMS of 0.1/√3.
    assert.ok(Math.abs(result.level - 20 * Math.log10(0.1 / Math.sqrt(3))) < 0.02);
  });

  it('is kept beside its manifest, and believed only while the manifest is the same', async () => {
    const manifest = join(dir, 'manifest.jsonl');
    const utterances = [corpus[0], corpus[7]];
    writeManifest(manifest, utterances);
    assert.equal(await readInspection(manifest, utterances), undefined);
    const results = await inspectManifest(manifest, utterances, {});
    const file = await createInspectionFile(manifest);
    for (const result of results) file.add(result);
    file.commit();
    assert.deepEqual((await readInspection(manifest, utterances))?.results, results);
    appendFileSync(manifest, '\n');
    assert.equal(await readInspection(manifest, utterances), undefined);
    writeFileSync(join(dir, 'inspection.jsonl'), 'no JSON\n');
    await assert.rejects(readInspection(manifest, utterances), /inspection\.jsonl:1/);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const work = collect(
      Array.from({ length: 200 }, (_, i) => ({ ...corpus[0], duration: 1 - 0.001 * i })),
      { threads: 1, signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) },
    );
    await assert.rejects(work, /enough/);
  });
});
