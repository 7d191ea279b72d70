/** @file `acanet audio info` and `acanet audio convert` as a user meets them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAudio } from '../../src/audio/read.js';
import { mp3, oggOpus } from '../audio/encoded-samples.js';
import { stereo16 } from '../audio/flac-samples.js';
import { wavBytes } from '../audio/wav-bytes.js';
import { skip } from '../skip.js';

const door = fileURLToPath(new URL('../../../bin/acanet.js', import.meta.url));

describe('acanet audio', () => {
  // Every command starts a process.
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-audio-cli-'));
    const pcm = Buffer.from(Int16Array.from({ length: 1600 }, (_, i) => i).buffer);
    const files: Record<string, Buffer | string> = {
      'good.wav': wavBytes({ sampleRate: 16000, data: pcm }),
      'eight channels.wav': wavBytes({ sampleRate: 192000, channels: 8, data: pcm }),
      'loud.wav': wavBytes({ tag: 3, bits: 32, data: Buffer.from(Float32Array.of(0, 2, -3, 1, 0.5).buffer) }),
      'nan.wav': wavBytes({ tag: 3, bits: 32, data: Buffer.from(Float32Array.of(0, NaN).buffer) }),
      'no-samples.wav': wavBytes({ data: Buffer.alloc(0) }),
      'cut.wav': wavBytes({ data: pcm }).subarray(0, 900),
      'cut.mp3': mp3.subarray(0, 900),
      'empty.wav': '',
      'text.wav': 'speaker one\n',
      'sound.mp3': mp3,
      'two.opus': oggOpus,
      'stereo.flac': stereo16.bytes,
      'bad.flac': Buffer.from(stereo16.bytes).fill(0x55, 900, 901),
    };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    mkdirSync(join(folder, 'folder.wav'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const acanet = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [door, 'audio', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  it('shows a table of what files are', () => {
    const { status, stdout, stderr } = acanet('info', 'good.wav', 'sound.mp3', 'eight channels.wav');
    assert.deepEqual([status, stderr], [0, '']);
    const [titles, , ...rows] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    assert.deepEqual(titles, ['file', 'format', 'encoding', 'Hz', 'channels', 'samples', 'seconds']);
    assert.deepEqual(rows, [
      ['good.wav', 'wav', 'PCM 16 bit', '16000', '1', '1600', '0.100'],
      ['sound.mp3', 'mp3', 'MPEG layer III', '16000', '1', '4000', '0.250'],
      ['eight channels.wav', 'wav', 'PCM 16 bit', '192000', '8', '200', '0.001'],
    ]);
  });

  it('goes on over bad files, says what is wrong with each, and ends with status 1', () => {
    const bad: [file: string, message: RegExp][] = [
      ['no-samples.wav', /no-samples\.wav: holds no audio \(0 samples\)/],
      ['cut.wav', /cut\.wav: truncated WAV/],
      ['cut.mp3', /cut\.mp3: truncated MP3/],
      ['empty.wav', /empty\.wav: the file is empty \(0 bytes\)/],
      ['text.wav', /text\.wav: not audio of a known format .* it begins with "speaker one/],
      ['folder.wav', /folder\.wav: expected an audio file, got a folder/],
      ['missing.wav', /missing\.wav: cannot be read: there is no such file/],
    ];
    const files = bad.map(([file]) => file);
    const { status, stdout, stderr } = acanet('info', ...files, 'good.wav');
    assert.equal(status, 1);
    assert.match(stdout, /^good\.wav /m);
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines.length, bad.length + 1, stderr);
    for (const [i, [, message]] of bad.entries()) assert.match(lines[i], message);
    assert.equal(lines.at(-1), '✖ 7 of 8 files cannot be read');

    const asJson = acanet('info', 'good.wav', 'cut.mp3', '--json');
    assert.equal(asJson.status, 1);
    const [good, cut] = JSON.parse(asJson.stdout) as Record<string, unknown>[];
    assert.deepEqual([good.file, good.frames, good.duration], ['good.wav', 1600, 0.1]);
    assert.match(String(cut.error), /^cut\.mp3: truncated/);
  });

  it('reads all of a file where it is asked to verify, and says what was compared', () => {
    const { status, stdout, stderr } = acanet(
      'info',
      '--verify',
      'good.wav',
      'stereo.flac',
      'two.opus',
      'bad.flac',
      'nan.wav',
    );
    assert.equal(status, 1);
    const [titles, , ...rows] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    assert.equal(titles.at(-1), 'verified');
    assert.deepEqual(
      rows.map((row) => [row[0], row.at(-1)]),
      [
        ['good.wav', 'number of samples'],
        ['stereo.flac', 'number of samples, MD5, checksums of frames'],
        ['two.opus', 'number of samples, checksums of pages'],
      ],
    );
    const [flac, wav, last] = stderr.trimEnd().split('\n');
    assert.match(flac, /bad\.flac: damaged or truncated FLAC: the frame at byte \d+ has a wrong checksum/);
    assert.match(wav, /nan\.wav: sample 1 of what was read is NaN/);
    assert.equal(last, '✖ 2 of 5 files cannot be read');
    // The headers are fine.
    assert.equal(acanet('info', 'bad.flac', 'nan.wav').status, 0);
    const [json] = JSON.parse(acanet('info', '--verify', '--json', 'good.wav').stdout) as Record<string, unknown>[];
    assert.equal(json.verified, 'number of samples');
  });

  it('names a file that may not be read', function () {
    if (process.getuid?.() === 0 || process.platform === 'win32') skip(this, 'needs a user whom permissions bind');
    writeFileSync(join(folder, 'secret.wav'), 'x');
    chmodSync(join(folder, 'secret.wav'), 0);
    assert.match(acanet('info', 'secret.wav').stderr, /secret\.wav: cannot be read: no permission/);
  });

  it('converts one channel at another rate', async () => {
    const { status, stdout, stderr } = acanet('convert', 'two.opus', 'new/two.wav', '--channel', '1', '--rate', '8000');
    assert.deepEqual([status, stdout, stderr], [0, 'new/two.wav\n', '']);
    const got = await readAudio(join(folder, 'new/two.wav'));
    const expected = await readAudio(join(folder, 'two.opus'), { channel: 1, sampleRate: 8000 });
    assert.equal(got.sampleRate, 8000);
    assert.equal(got.samples.length, 2000);
    // Rounding to 16 bits.
    assert.ok(got.samples.every((sample, i) => Math.abs(sample - expected.samples[i]) <= 0.51 / 32768));
  });

  it('says how many samples were clipped', () => {
    const { status, stdout, stderr } = acanet('convert', 'loud.wav', 'quiet.wav', '--json');
    assert.equal(status, 0);
    assert.equal(stderr, '! quiet.wav: 3 of 5 samples were too loud and are clipped\n');
    assert.deepEqual(JSON.parse(stdout), { file: 'quiet.wav', sampleRate: 8000, frames: 5, clipped: 3 });
  });

  const refusals: [title: string, args: string[], message: RegExp][] = [
    ['to write over what it reads', ['good.wav', './good.wav'], /good\.wav: is the file that is to be read/],
    ['to write over it by another name', ['good.wav', 'link.wav'], /link\.wav: is the file that is to be read/],
    ['to replace another recording', ['good.wav', 'nan.wav'], /nan\.wav: is there already\n {2}remove it first/],
    [
      'several channels without a choice',
      ['two.opus', 'o.wav'],
      /has 2 channels; choose one from 0 to 1: by --channel where/,
    ],
    ['a channel that is not there', ['two.opus', 'o.wav', '--channel', '2'], /expected a channel from 0 to 1, got 2/],
    [
      'a channel that is no number',
      ['two.opus', 'o.wav', '--channel', 'left'],
      /--channel: expected a whole number from 0, got "left"/,
    ],
    ['a rate of 0', ['good.wav', 'o.wav', '--rate', '0'], /--rate: expected a whole number from 1, got "0"/],
    ['another format than WAV', ['good.wav', 'o.flac'], /o\.flac: expected a folder, or a name that ends in \.wav/],
    ['samples that are no numbers', ['nan.wav', 'o.wav'], /nan\.wav: sample 1 .* NaN/],
    ['a cut file', ['cut.mp3', 'o.wav'], /truncated MP3/],
    [
      'to write into a file as if it were a folder',
      ['good.wav', 'good.wav/o.wav'],
      /good\.wav\/o\.wav: cannot be written/,
    ],
  ];
  for (const [title, args, message] of refusals) {
    it(`refuses ${title}, and leaves nothing behind`, () => {
      if (!existsSync(join(folder, 'link.wav'))) symlinkSync('good.wav', join(folder, 'link.wav'));
      const before = readdirSync(folder);
      const original = readFileSync(join(folder, 'good.wav'));
      const { status, stdout, stderr } = acanet('convert', ...args);
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, message);
      assert.deepEqual(readdirSync(folder), before);
      assert.deepEqual(readFileSync(join(folder, 'good.wav')), original);
    });
  }
});
