/** @file Probing and reading WAV and FLAC: exact values, ranges, channels, and files that are not what they say. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../src/errors.js';
import { probeAudio } from '../../src/audio/probe.js';
import { readAudio } from '../../src/audio/read.js';
import { writeWav } from '../../src/audio/write-wav.js';
import { mono24, stereo16 } from './flac-samples.js';
import { type WavBytes, chunk, wavBytes } from './wav-bytes.js';

const pcm16 = (...values: number[]) => Buffer.from(Int16Array.from(values).buffer);

describe('audio', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-audio-'))));
  after(() => rmSync(dir, { recursive: true, force: true }));
  const put = (name: string, bytes: Buffer) => {
    const path = join(dir, name);
    writeFileSync(path, bytes);
    return path;
  };
  const samplesOf = async (bytes: Buffer, options = {}) => [...(await readAudio(put('x.wav', bytes), options)).samples];
  const fails = (bytes: Buffer, message: RegExp, options = {}) =>
    assert.rejects(samplesOf(bytes, options), (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      assert.ok(error.message.includes(join(dir, 'x.wav')), 'names the file');
      return true;
    });

  describe('WAV', () => {
    const float32 = Buffer.from(Float32Array.of(0.1, -1, 1.5).buffer);
    const float64 = Buffer.from(Float64Array.of(0.5, -0.25, 1e-3).buffer);
    const cases: [string, WavBytes, number[]][] = [
      ['8 bits, unsigned', { bits: 8, data: Buffer.of(0, 128, 255) }, [-1, 0, 127 / 128]],
      ['16 bits', { data: pcm16(-32768, 1, 32767) }, [-1, 1 / 32768, 32767 / 32768]],
      ['24 bits', { bits: 24, data: Buffer.from('000080ffffff010000', 'hex') }, [-1, -(2 ** -23), 2 ** -23]],
      ['32 bits', { bits: 32, data: Buffer.from(Int32Array.of(-(2 ** 31), 2 ** 30).buffer) }, [-1, 0.5]],
      ['float of 32 bits', { tag: 3, bits: 32, data: float32 }, [Math.fround(0.1), -1, 1.5]],
      ['float of 64 bits', { tag: 3, bits: 64, data: float64 }, [0.5, -0.25, Math.fround(1e-3)]],
      ['EXTENSIBLE PCM', { extensible: true, data: pcm16(3, -3) }, [3 / 32768, -3 / 32768]],
      ['EXTENSIBLE float', { extensible: true, tag: 3, bits: 32, data: float32 }, [Math.fround(0.1), -1, 1.5]],
      [
        'odd chunks before and between',
        { before: [chunk('JUNK', Buffer.from('abc'))], between: [chunk('LIST', Buffer.from('x'))], data: pcm16(7) },
        [7 / 32768],
      ],
      ['a data size of 0: to the end', { statedSize: 0, data: pcm16(1, 2) }, [1 / 32768, 2 / 32768]],
      ['a data size of 2³² − 1: to the end', { statedSize: 0xffffffff, data: pcm16(1, 2) }, [1 / 32768, 2 / 32768]],
    ];
    for (const [name, bytes, expected] of cases) {
      it(`reads ${name}`, async () => assert.deepEqual(await samplesOf(wavBytes(bytes)), expected));
    }

    it('ignores chunks after the data', async () => {
      const bytes = Buffer.concat([wavBytes({ data: pcm16(5) }), chunk('LIST', Buffer.from('more'))]);
      assert.deepEqual(await samplesOf(bytes), [5 / 32768]);
    });

    it('probes without reading the samples', async () => {
      const path = put(
        'p.wav',
        wavBytes({ channels: 2, sampleRate: 16000, data: pcm16(...new Array<number>(64).fill(1)) }),
      );
      assert.deepEqual(await probeAudio(path), {
        format: 'wav',
        sampleRate: 16000,
        channels: 2,
        frames: 32,
        duration: 0.002,
        encoding: 'PCM 16 bit',
      });
    });

    it('reads a piece, and allows for offsets that were rounded to the millisecond', async () => {
      const bytes = wavBytes({ data: pcm16(...Array.from({ length: 8000 }, (_, i) => i)) });
      assert.deepEqual(await samplesOf(bytes, { offset: 0.5, duration: 2 / 8000 }), [4000 / 32768, 4001 / 32768]);
      assert.equal((await samplesOf(bytes, { offset: 0.9994, duration: 0.001 })).length, 5);
      await fails(bytes, /asked for 0.5 s from 0.6 s, but the file has 1.000 s/, { offset: 0.6, duration: 0.5 });
      await fails(bytes, /asked for from 1 s/, { offset: 1 });
    });

    it('asks which channel is meant', async () => {
      const bytes = wavBytes({ channels: 2, data: pcm16(1, -1, 2, -2) });
      assert.deepEqual(await samplesOf(bytes, { channel: 1 }), [-1 / 32768, -2 / 32768]);
      await fails(bytes, /2 channels; choose one from 0 to 1: .*"channel" in a manifest/);
      await fails(bytes, /expected a channel from 0 to 1, got 2/, { channel: 2 });
    });

    const bad: [string, Buffer, RegExp][] = [
      ['an empty file', Buffer.alloc(0), /is empty/],
      [
        'text',
        Buffer.from('hello, this is text'),
        /not audio of a known format \(wav, flac, .*\); it begins with "hello, this/,
      ],
      [
        'a file cut short',
        wavBytes({ data: pcm16(1, 2, 3), statedSize: 600 }),
        /truncated WAV: .* 600 bytes .* holds 6/,
      ],
      ['no samples', wavBytes({ data: Buffer.alloc(0) }), /holds no audio/],
      ['no data chunk', wavBytes({ data: pcm16(1) }).subarray(0, 36), /no data chunk/],
      [
        'data before its description',
        chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), chunk('data', pcm16(1))])),
        /"fmt "/,
      ],
      ['a packed file', gzipSync('x'), /expected audio, got a file packed with gzip\n {2}unpack it: gunzip/],
      ['ADPCM', wavBytes({ tag: 0x11, bits: 8, data: Buffer.of(1, 2) }), /got format 0x11, 8 bits/],
      ['40 bits', wavBytes({ bits: 40, channels: 2, data: Buffer.alloc(20) }), /expected WAV with PCM/],
      [
        'float NaN',
        wavBytes({ tag: 3, bits: 32, data: Buffer.from(Float32Array.of(0, NaN).buffer) }),
        /sample 1 .* NaN/,
      ],
    ];
    for (const [name, bytes, message] of bad) {
      it(`refuses ${name}`, () => fails(bytes, message));
    }

    it('refuses a missing file and a folder', async () => {
      await assert.rejects(probeAudio(join(dir, 'none.wav')), /none.wav: cannot be read/);
      await assert.rejects(probeAudio(dir), /expected an audio file, got a folder/);
    });
  });

  describe('FLAC', () => {
    it('restores 16-bit samples exactly as int16/32768, each channel by itself', async () => {
      const path = put('stereo.flac', stereo16.bytes);
      const info = await probeAudio(path);
      assert.deepEqual([info.sampleRate, info.channels, info.frames, info.encoding], [8000, 2, 700, 'FLAC 16 bit']);
      for (const [channel, expected] of [stereo16.left, stereo16.right].entries()) {
        const { samples } = await readAudio(path, { channel });
        assert.deepEqual(
          samples,
          Float32Array.from({ length: 700 }, (_, i) => expected(i) / 32768 + 0),
        );
      }
    });

    it('restores 24-bit samples exactly', async () => {
      const { samples } = await readAudio(put('mono.flac', mono24.bytes));
      assert.deepEqual(
        samples,
        Float32Array.from({ length: 450 }, (_, i) => mono24.sample(i) / 2 ** 23),
      );
    });

    it('reads a piece, whatever the file is called', async () => {
      const path = put('really-flac.wav', mono24.bytes);
      const { samples } = await readAudio(path, { offset: 0.01, duration: 0.005 });
      assert.deepEqual(
        [...samples.subarray(0, 2)],
        [160, 161].map((i) => mono24.sample(i) / 2 ** 23),
      );
      assert.equal(samples.length, 80);
    });

    it('refuses a file that is cut short or has a flipped bit', async () => {
      // The decoder reports on stderr what it stumbles over; that is its own habit.
      const { error } = console;
      console.error = () => undefined;
      try {
        await fails(stereo16.bytes.subarray(0, 900), /damaged/, { channel: 0 });
        for (const position of [200, 700, 1400]) {
          const flipped = Buffer.from(stereo16.bytes);
          flipped[position] ^= 4;
          await fails(flipped, /damaged/, { channel: 0 });
        }
      } finally {
        console.error = error;
      }
    });

    it('believes the MD5 of the samples over anything else', async () => {
      const wrong = Buffer.from(mono24.bytes);
      wrong[30] ^= 1;
      await fails(wrong, /damaged FLAC: its samples have MD5 \w+, its header says/);
    });

    it('reads on after a damaged file', async () => {
      assert.equal((await samplesOf(mono24.bytes)).length, 450);
    });
  });

  describe('writing WAV', () => {
    it('gives every 16-bit value back bit for bit', async () => {
      const samples = Float32Array.from({ length: 65536 }, (_, i) => (i - 32768) / 32768);
      const path = join(dir, 'all.wav');
      writeWav(path, samples, 16000);
      const read = await readAudio(path);
      assert.equal(read.sampleRate, 16000);
      assert.deepEqual(read.samples, samples);
    });

    it('rounds to the nearest value, clips, and refuses NaN', async () => {
      const path = join(dir, 'clip.wav');
      writeWav(path, Float32Array.of(2, -2, 0.4 / 32768, 0.6 / 32768, -0.6 / 32768), 8000);
      const { samples } = await readAudio(path);
      assert.deepEqual(
        [...samples].map((sample) => sample * 32768 + 0),
        [32767, -32768, 0, 1, -1],
      );
      assert.throws(() => writeWav(path, Float32Array.of(NaN), 8000), UserError);
    });
  });
});
