/**
 * @file SPHERE: headers as they occur, samples as they are stored, damage; and the reference files if they are at hand.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../../src/errors.js';
import { aLawValues, muLawValues } from '../../src/audio/g711.js';
import { probeAudio } from '../../src/audio/probe.js';
import { readAudio } from '../../src/audio/read.js';
import { shortenOf } from './shorten-encoder.js';
import { type SphereBytes, sphereBytes } from './sphere-bytes.js';
import { skip } from '../skip.js';

const lowFirst = (...values: number[]) => Buffer.from(Int16Array.from(values).buffer);
const highFirst = (...values: number[]) => lowFirst(...values).swap16();
const shorten = '-s26 pcm,embedded-shorten-v2.00';

describe('SPHERE', () => {
  let dir: string;
  let path: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-sphere-'));
    path = join(dir, 'x.wv1');
  });
  after(() => rmSync(dir, { recursive: true, force: true }));
  const valuesOf = async (bytes: Buffer, options = {}) => {
    writeFileSync(path, bytes);
    return [...(await readAudio(path, options)).samples].map((sample) => sample * 32768);
  };
  const fails = (bytes: Buffer, message: RegExp, options = {}) =>
    assert.rejects(valuesOf(bytes, options), (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(path), 'names the file');
      return true;
    });

  const data = lowFirst(1, -2, 32767, -32768);
  const good: [string, SphereBytes, number[]][] = [
    ['pcm, low byte first', { data }, [1, -2, 32767, -32768]],
    ['pcm, high byte first', { data: highFirst(1, -2, 300), fields: { sample_byte_format: '-s2 10' } }, [1, -2, 300]],
    [
      'pcm of 1 byte, which is signed',
      { data: Buffer.of(0, 1, 0xff, 0x80), fields: { sample_n_bytes: '-i 1', sample_count: '-i 4' } },
      [0, 256, -256, -32768],
    ],
    [
      'µ-law',
      {
        data: Buffer.of(0, 0x80, 0xff),
        fields: { sample_coding: '-s4 ulaw', sample_n_bytes: '-i 1', sample_count: '-i 3' },
      },
      [-32124, 32124, 0],
    ],
    [
      'A-law, with no size of a sample',
      {
        data: Buffer.of(0, 0xd5),
        fields: { sample_coding: '-s4 alaw', sample_n_bytes: undefined, sample_count: '-i 2' },
      },
      [-5504, 8],
    ],
    [
      'one byte a sample and no coding as µ-law',
      { data: Buffer.of(0, 0xff), fields: { sample_coding: undefined, sample_n_bytes: '-i 1', sample_count: '-i 2' } },
      [-32124, 0],
    ],
    [
      'no coding, size and channels',
      { data, fields: { sample_coding: undefined, sample_n_bytes: undefined, channel_count: undefined } },
      [1, -2, 32767, -32768],
    ],
    ['no count: all that is there', { data, fields: { sample_count: undefined } }, [1, -2, 32767, -32768]],
    ['a count that leaves bytes over', { data, fields: { sample_count: '-i 2' } }, [1, -2]],
    ['a header of 4096 bytes', { data, headerSize: 4096 }, [1, -2, 32767, -32768]],
    ['a header of 777 bytes', { data, headerSize: 777 }, [1, -2, 32767, -32768]],
    ['a header of 3 MB', { data, headerSize: 3_000_000 }, [1, -2, 32767, -32768]],
    ['Windows line endings', { data, lineEnd: '\r\n' }, [1, -2, 32767, -32768]],
    [
      'comments, strings with spaces, a rate written as a real number',
      {
        data,
        fields: {
          '; a': 'comment',
          prompt: '-s17 end_head, -i 3; x',
          sample_rate: '-r 16000.000000',
          sample_count: '-i 4 ; of each channel',
        },
      },
      [1, -2, 32767, -32768],
    ],
    [
      'a checksum',
      { data, fields: { sample_checksum: `-i ${(1 - 2 + 32767 - 32768) & 0xffff}` } },
      [1, -2, 32767, -32768],
    ],
    ['a checksum that is written signed', { data, fields: { sample_checksum: '-i -2' } }, [1, -2, 32767, -32768]],
    [
      'a checksum of bytes',
      {
        data: Buffer.alloc(400, 0xff),
        fields: {
          sample_coding: '-s4 ulaw',
          sample_n_bytes: '-i 1',
          sample_count: '-i 400',
          sample_checksum: `-i ${(400 * 255) % 65536}`,
        },
      },
      new Array<number>(400).fill(0),
    ],
    [
      'shorten',
      { data: shortenOf([[5, -6, 7]]), fields: { sample_coding: shorten, sample_count: '-i 3' } },
      [5, -6, 7],
    ],
    [
      'shorten with µ-law inside',
      {
        data: shortenOf([[0, -1, 1, -127]], { type: 8 }),
        fields: {
          sample_coding: '-s27 ulaw,embedded-shorten-v2.00',
          sample_n_bytes: '-i 1',
          sample_count: '-i 4',
          sample_checksum: `-i ${0xff + 0x7f + 0xfe + 0x01}`,
        },
      },
      [0xff, 0x7f, 0xfe, 0x01].map((code) => muLawValues[code]),
    ],
    [
      'shorten with A-law inside',
      {
        data: shortenOf([[0, -1]], { type: 9 }),
        fields: { sample_coding: '-s27 alaw,embedded-shorten-v2.00', sample_n_bytes: '-i 1', sample_count: '-i 2' },
      },
      [0xd5, 0x55].map((code) => aLawValues[code]),
    ],
  ];
  for (const [name, bytes, expected] of good) {
    it(`reads ${name}`, async () => assert.deepEqual(await valuesOf(sphereBytes(bytes)), expected));
  }

  it('refuses audio that goes on behind the samples that the header counts', async () => {
    const bytes = sphereBytes({ data });
    const behind = lowFirst(5, 6, 7, 8, 9);
    await fails(Buffer.concat([bytes, behind]), /its header counts 4 samples, and 10 bytes follow them/);
    assert.deepEqual(await valuesOf(Buffer.concat([bytes, Buffer.alloc(504)])), [1, -2, 32767, -32768]);
  });

  it('says what a file is without decoding it', async () => {
    const stream = shortenOf([new Array<number>(8000).fill(3), new Array<number>(8000).fill(4)], { blockSize: 256 });
    const fields = { sample_coding: shorten, channel_count: '-i 2', sample_count: '-i 8000' };
    writeFileSync(path, sphereBytes({ data: stream, fields }));
    const info = { format: 'sphere', sampleRate: 16000, channels: 2, frames: 8000, duration: 0.5 };
    assert.deepEqual(await probeAudio(path), { ...info, encoding: 'PCM 16 bit, shorten' });
  });

  it('reads pieces and channels, compressed or not', async () => {
    const left = Array.from({ length: 3200 }, (_, i) => i);
    const right = left.map((value) => 7 - 2 * value);
    const mixed = lowFirst(...left.flatMap((value, i) => [value, right[i]]));
    const fields = { channel_count: '-i 2', sample_count: '-i 3200' };
    for (const bytes of [
      sphereBytes({ data: mixed, fields }),
      sphereBytes({ data: shortenOf([left, right]), fields: { ...fields, sample_coding: shorten } }),
    ]) {
      assert.deepEqual(await valuesOf(bytes, { channel: 1 }), right);
      assert.deepEqual(await valuesOf(bytes, { channel: 0, offset: 0.1, duration: 0.01 }), left.slice(1600, 1760));
      await fails(bytes, /2 channels; choose one from 0 to 1/);
    }
  });

  it('checks a shorten file whole also where a piece is read, and knows a file that was changed', async () => {
    const samples = Array.from({ length: 1000 }, (_, i) => i % 50);
    const sum = samples.reduce((a, b) => a + b, 0);
    const file = (checksum: number) => {
      const fields = { sample_coding: shorten, sample_count: '-i 1000', sample_checksum: `-i ${checksum}` };
      return sphereBytes({ data: shortenOf([samples]), fields });
    };
    assert.deepEqual(await valuesOf(file(sum), { duration: 0.001 }), samples.slice(0, 16));
    await fails(file(sum + 1), /its samples have checksum 24500, its header says 24501/, { duration: 0.001 });
  });

  const compressed = (fields: Record<string, string | undefined>, stream = shortenOf([[5, -6, 7]])): SphereBytes => ({
    data: stream,
    fields: { sample_coding: shorten, sample_count: '-i 3', ...fields },
  });
  const bad: [string, SphereBytes, RegExp][] = [
    ['a wrong checksum', { data, fields: { sample_checksum: '-i 7' } }, /checksum 65534, its header says 7/],
    [
      'too little data',
      { data, fields: { sample_count: '-i 5' } },
      /promises 10 bytes of audio \(5 samples\), .* holds 8/,
    ],
    [
      'half a sample at the end',
      { data: data.subarray(0, 7), fields: { sample_count: '-i 4' } },
      /promises 8 .* holds 7/,
    ],
    ['no data', { data: Buffer.alloc(0), fields: { sample_count: undefined } }, /holds no audio/],
    ['a count of 0', { data, fields: { sample_count: '-i 0' } }, /sample_count .* got "0"/],
    ['a count of 10¹⁸', { data, fields: { sample_count: '-i 1000000000000000000' } }, /sample_count .* got "1000/],
    ['no rate', { data, fields: { sample_rate: undefined } }, /has no sample_rate/],
    ['a rate with a unit', { data, fields: { sample_rate: '-i 16 kHz' } }, /sample_rate .* got "16 kHz"/],
    ['a rate without a value', { data, fields: { sample_rate: '-i' } }, /sample_rate .* got ""/],
    ['a field without anything', { data, fields: { sample_rate: '' } }, /sample_rate .* got ""/],
    [
      'no byte order',
      { data, fields: { sample_byte_format: undefined } },
      /sample_byte_format of 01 or 10 .* got none/,
    ],
    ['4 bytes a sample', { data, fields: { sample_n_bytes: '-i 4' } }, /1 or 2 bytes a sample, got 4/],
    ['µ-law of 2 bytes', { data, fields: { sample_coding: '-s4 ulaw' } }, /1 bytes a sample, got 2/],
    [
      'shortpack',
      { data, fields: { sample_coding: '-s30 pcm,embedded-shortpack-v0' } },
      /got "pcm,embedded-shortpack-v0"/,
    ],
    [
      'channels one after the other',
      { data, fields: { channel_count: '-i 2', sample_count: '-i 2', channels_interleaved: '-s5 FALSE' } },
      /not interleaved/,
    ],
    [
      'a field twice',
      { data, fields: { sample_count: '-i 4\nsample_count -i 3' } },
      /sample_count is both "4" and "3"/,
    ],
    [
      'a size of the header that is no number',
      { data, statedSize: '   1k' },
      /expected its size on line 2, got " {3}1k"/,
    ],
    ['a header larger than the file', { data, statedSize: '99999' }, /it has 99999 bytes, the file holds 1032/],
    ['a header without an end', { data, endHead: false }, /no end_head in its 1024 bytes/],
    ['shorten without a count', compressed({ sample_count: undefined }), /has no sample_count/],
    ['shorten with another count', compressed({ sample_count: '-i 4' }), /end after 3 samples; 4 are promised/],
    [
      'shorten with a count that cannot be',
      compressed({ sample_count: '-i 2147483648' }),
      /promises 2147483648 samples, more than/,
    ],
    ['shorten with other channels', compressed({ channel_count: '-i 2' }), /says 2 channels of pcm 16, .* 1 of pcm 16/],
    ['shorten with another coding', compressed({ sample_n_bytes: '-i 1' }), /1 channels of pcm 8, .* 1 of pcm 16/],
    [
      'shorten coding without shorten data',
      { data, fields: { sample_coding: shorten } },
      /expected "ajkg" at the beginning/,
    ],
  ];
  for (const [name, bytes, message] of bad) {
    it(`refuses ${name}`, () => fails(sphereBytes(bytes), message));
  }

  it('refuses a file of the first bytes only', async () => {
    const bytes = sphereBytes({ data });
    for (const length of [7, 8, 12, 16, 40, 1023]) await fails(bytes.subarray(0, length), /header/);
  });
});

/** The samples of all channels as 16 bits, interleaved, low byte first: their SHA-256. */
async function sha256Of(path: string): Promise<string> {
  const { frames, channels } = await probeAudio(path);
  const values = new Int16Array(frames * channels);
  for (let channel = 0; channel < channels; channel++) {
    const { samples } = await readAudio(path, { channel });
    for (let i = 0; i < frames; i++) values[i * channels + channel] = samples[i] * 32768;
  }
  return createHash('sha256').update(values).digest('hex');
}

describe('SPHERE, reference files', () => {
  const folder = resolve('../shared/sphere');
  const corpus = resolve('../shared/mini-wsj0');

  it('gives the right samples or an error for each of them, as their list says', async function () {
    if (!existsSync(folder)) skip(this, 'the files are not part of the project');
    interface Entry {
      file: string;
      expect: 'ok' | 'error' | 'either';
      sha256_pcm?: string;
      sample_rate?: number;
      channels?: number;
      samples?: number;
    }
    const { files } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { files: Entry[] };
    assert.ok(files.length >= 106);
    for (const { file, expect, ...entry } of files) {
      const path = join(folder, file);
      if (expect === 'ok') {
        const { sampleRate, channels, frames } = await probeAudio(path);
        assert.deepEqual([sampleRate, channels, frames], [entry.sample_rate, entry.channels, entry.samples], file);
        assert.equal(await sha256Of(path), entry.sha256_pcm, file);
      } else if (expect === 'error') {
        await assert.rejects(sha256Of(path), UserError, file);
      } else {
        await sha256Of(path).catch((error: unknown) => assert.ok(error instanceof UserError, file));
      }
    }
  });

  it('reads speech in the layout of WSJ0 to the bit', async function () {
    if (!existsSync(corpus)) skip(this, 'the files are not part of the project');
    const rows = readFileSync(join(corpus, 'wsj0_slices.tsv'), 'utf8').trim().split('\n').slice(1);
    for (const row of rows.filter((_, i) => i % 16 === 0)) {
      const [file, , , , , samples, , sha256] = row.split('\t');
      assert.equal((await probeAudio(join(corpus, 'wsj0', file))).frames, Number(samples), file);
      assert.equal(await sha256Of(join(corpus, 'wsj0', file)), sha256, file);
    }
  });
});
