/** @file Mending manifests: what is known is put right, the rest is named, and no line is lost. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repairManifest, requireUsable } from '../../../src/corpus/inspection/manifest-repair.js';
import { recording, RATE, writeFloatWav } from '../readers/small-corpus.js';

describe('manifest repair', () => {
  let dir: string;
  let path: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'repair-'));
    path = join(dir, 'mine.jsonl');
    recording(dir, 'a/1');
    writeFloatWav(join(dir, 'stereo.wav'), new Float32Array(2 * RATE).fill(0.1), { channels: 2 });
    writeFileSync(join(dir, 'text.wav'), 'this is not audio');
  });
  after(() => rmSync(dir, { recursive: true }));

  const complete = () => ({
    id: 'a-1',
    speaker: 'a',
    path: join(dir, 'a/1.wav'),
    duration: 1,
    sampleRate: RATE,
    channels: 1,
    corpus: 'x',
    split: 'train',
  });
  const repair = async (...lines: (object | string)[]) => {
    writeFileSync(path, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\r\n`).join(''));
    const result = await repairManifest(path);
    const { kept, duplicates, invalid, unreadable } = result;
    assert.equal(kept.length + duplicates + invalid.length + unreadable.length, result.lines);
    return { ...result, texts: result.changes.map(({ line, change }) => `${line}: ${change}`) };
  };

  it('leaves a good manifest as it is', async () => {
    const { kept, changes } = await repair(complete());
    assert.deepEqual(kept, [complete()]);
    assert.deepEqual(changes, []);
  });

  it("puts right what the file's header knows, and says so", async () => {
    const wrong = { ...complete(), sampleRate: 16000, channels: 2, channel: 0, offset: 0.25, duration: 3 };
    const { kept, texts } = await repair(wrong);
    assert.deepEqual(kept, [{ ...complete(), offset: 0.25, duration: 0.75 }]);
    assert.deepEqual(texts, [
      "1: sampleRate: 16000 → 8000 (the file's)",
      "1: channels: 2 → 1 (the file's)",
      '1: channel: 0 removed (the file is mono)',
      '1: duration: 3 → 0.75 (the file ends there)',
    ]);
  });

  it('finds what only the samples tell where it is asked to decode', async () => {
    writeFloatWav(join(dir, 'nan.wav'), new Float32Array(RATE).fill(NaN));
    await repair({ ...complete(), id: 'a-0', path: 'nan.wav' }, complete());
    const { kept, unreadable, lines } = await repairManifest(path, { audio: true });
    assert.deepEqual([lines, kept], [2, [complete()]]);
    assert.deepEqual(
      unreadable.map(({ line, id }) => [line, id]),
      [[1, 'a-0']],
    );
    assert.match(unreadable[0].problem, /nan\.wav: .* NaN/);
  });

  it('chooses the first channel of several', async () => {
    const { kept } = await repair({ ...complete(), path: 'stereo.wav' });
    assert.deepEqual([kept[0].path, kept[0].channels, kept[0].channel], [join(dir, 'stereo.wav'), 2, 0]);
  });

  it('reads the lines of NeMo and WeSpeaker', async () => {
    const { kept } = await repair(
      { audio_filepath: 'a/1.wav', offset: 0, duration: null, label: 7, text: '-' },
      { key: 'w 1', wav: 'a/1.wav', spk: 'Zoë Müller' },
    );
    const common = {
      path: join(dir, 'a/1.wav'),
      duration: 1,
      sampleRate: RATE,
      channels: 1,
      corpus: 'mine',
      split: 'train',
    };
    assert.deepEqual(kept, [
      { ...common, id: 'a/1', speaker: '7', offset: 0 },
      { ...common, id: 'w_1', speaker: 'Zoë_Müller' },
    ]);
  });

  it('takes an end for a length, and no one of two files', async () => {
    const { id, speaker, path: file } = complete();
    const { kept } = await repair({ id, speaker, audio: file, start: 0.25, end: 0.5 });
    assert.deepEqual([kept[0].offset, kept[0].duration], [0.25, 0.25]);
    const two = await repair({ id, speaker, wav: file, audio: 'stereo.wav' });
    assert.match(two.invalid[0].problem, /audio: another path than before/);
    const before = await repair({ id, speaker, wav: file, start: 1, end: 0.5 });
    assert.match(before.invalid[0].problem, /end: expected a number of seconds after/);
  });

  it('understands genders, and withdraws those that contradict each other', async () => {
    const { kept, texts } = await repair(
      { ...complete(), gender: 'Female' },
      { ...complete(), id: 'b-1', speaker: 'b', gender: 'f' },
      { ...complete(), id: 'b-2', speaker: 'b', gender: 'M' },
    );
    assert.deepEqual(
      kept.map(({ gender }) => gender),
      ['f', undefined, undefined],
    );
    assert.match(texts.join('\n'), /2: gender: removed \(f; other lines give this speaker another\)/);
  });

  it('drops repeated lines, and only those, by itself', async () => {
    const { kept, duplicates, invalid, texts } = await repair(complete(), complete(), { ...complete(), duration: 0.5 });
    assert.equal(kept.length, 1);
    assert.equal(duplicates, 1);
    assert.deepEqual(texts, ['2: dropped: the same as line 1']);
    assert.match(invalid[0].problem, /^the same id as line 1, which says something else$/);
  });

  it('drops what cannot be mended only when told to', async () => {
    const result = await repair(
      complete(),
      '{"id":',
      { ...complete(), id: 'no-speaker', speaker: undefined },
      { ...complete(), id: '../up' },
      { ...complete(), id: 'late', offset: 2 },
      { ...complete(), id: 'gone', path: 'gone.wav' },
      { ...complete(), id: 'text', path: 'text.wav' },
    );
    assert.deepEqual(
      result.invalid.map(({ line }) => line),
      [2, 3, 4, 5],
    );
    assert.deepEqual(
      result.unreadable.map(({ id }) => id),
      ['gone', 'text'],
    );
    assert.throws(
      () => requireUsable(path, result, {}),
      /6 lines that cannot be mended:\n[^]*mine\.jsonl:3: no-speaker: missing field speaker[^]*Nothing was written\. .*--drop-invalid --drop-unreadable$/,
    );
    assert.throws(() => requireUsable(path, result, { dropInvalid: true }), /2 lines [^]*: --drop-unreadable$/);
    requireUsable(path, result, { dropInvalid: true, dropUnreadable: true });
    assert.throws(
      () => requireUsable(path, { ...result, kept: [] }, { dropInvalid: true, dropUnreadable: true }),
      /no utterance is left/,
    );
  });
});
