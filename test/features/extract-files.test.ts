/** @file Features of single files into one archive. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { featureOptions } from '../../src/features/options.js';
import { extractFiles } from '../../src/features/extract-files.js';
import { readMatrix, readScp } from '../../src/storage/kaldi-archive.js';
import { cases, deviation, tensor, wavPath } from './fixtures.js';

describe('features/extract-files', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-extract-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const speechbrain = featureOptions.parse({ type: 'speechbrain', compression: 'none' });

  it('writes one record a file, normalised, under the name of the file', async () => {
    const out = join(dir, 'x.ark');
    const files = ['speech_16k.wav', 'chirp_16k.wav'].map(wavPath);
    const summary = await extractFiles(files, { options: speechbrain, out });
    assert.deepEqual([summary.records, summary.frames], [2, 302]);
    for (const { key, ...entry } of readScp(summary.scp)) {
      const { prefix } = cases.speechbrain.find(({ wav }) => wav === `${key}.wav`)!;
      assert.ok(deviation(readMatrix(entry).data, tensor(`${prefix}.norm`).data).worst < 1e-2); // the fixtures' tolerance
    }
  });

  it('refuses names that collide, other sample rates and unreadable files, and writes nothing', async () => {
    const out = join(dir, 'x.ark');
    const speech = wavPath('speech_16k.wav');
    writeFileSync(join(dir, 'text.wav'), 'text');
    const fails = (files: string[], message: RegExp) =>
      assert.rejects(extractFiles(files, { options: speechbrain, out }), message);
    await fails([speech, join(dir, 'speech_16k.flac')], /would both get the key "speech_16k"/);
    await fails([speech, wavPath('speech_8k.wav')], /expected 16000 Hz, got 8000 Hz/);
    await fails([speech, join(dir, 'text.wav')], /text.wav: not audio of a known format/);
    await fails([], /no audio files/);
    assert.equal(existsSync(out), false);
    // A name that is not an archive's may be that of the audio, which would be lost.
    writeFileSync(join(dir, 'mine.wav'), 'text');
    await assert.rejects(
      extractFiles([speech], { options: speechbrain, out: join(dir, 'mine.wav') }),
      /mine\.wav: expected a name that ends in \.ark/,
    );
    assert.equal(readFileSync(join(dir, 'mine.wav'), 'utf8'), 'text');
  });
});
