/** @file WAV beyond the everyday: µ-law and A-law, RF64, sizes that were not known, many channels, damage. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeAudio } from '../../src/audio/probe.js';
import { readAudio } from '../../src/audio/read.js';
import { verifyAudio } from '../../src/audio/verify.js';
import { chunk, rf64, wavBytes } from './wav-bytes.js';

const pcm16 = (...values: number[]) => Buffer.from(Int16Array.from(values).buffer);

describe('WAV', () => {
  let path: string;
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-wav-'));
    path = join(dir, 'x.wav');
  });
  after(() => rmSync(dir, { recursive: true, force: true }));
  const valuesOf = async (bytes: Buffer, options = {}) => {
    writeFileSync(path, bytes);
    return [...(await readAudio(path, options)).samples].map((sample) => sample * 32768);
  };

  it('reads µ-law and A-law, plain and EXTENSIBLE, as the values of G.711', async () => {
    for (const extensible of [false, true]) {
      const data = Buffer.of(0x00, 0xff, 0x80);
      assert.deepEqual(await valuesOf(wavBytes({ tag: 7, bits: 8, extensible, data })), [-32124, 0, 32124]);
      assert.equal((await probeAudio(path)).encoding, 'µ-law');
      assert.deepEqual(await valuesOf(wavBytes({ tag: 6, bits: 8, extensible, data })), [-5504, 848, 5504]);
      assert.equal((await probeAudio(path)).encoding, 'A-law');
    }
  });

  it('reads RF64 and BW64, with the sizes of "ds64"', async () => {
    const data = pcm16(1, -2);
    const behind = chunk('LIST', Buffer.from('not audio'));
    for (const bytes of [rf64({ data }), rf64({ data, magic: 'BW64' }), rf64({ data, table: [['bext', 602]] })]) {
      assert.deepEqual(await valuesOf(Buffer.concat([bytes, behind])), [1, -2]);
    }
    // Written by a program that was stopped: to the end of the file.
    assert.deepEqual(await valuesOf(rf64({ data, dataSize: 0 })), [1, -2]);
    await assert.rejects(valuesOf(rf64({ data, dataSize: 2n ** 40n })), /truncated WAV: .* 1099511627776 bytes/);
  });

  it('reads to the end of the file where the size is what recorders and pipes write that do not know it', async () => {
    // SoX, FFmpeg, arecord, GStreamer; each read whole by libsndfile 1.2.2 and SciPy 1.17 as well.
    const sizes = [0x7fff0000, 0x7fffefdc, 0x7ffff000, 0x7fffffff, 0x80000000, 0x80000024];
    for (const statedSize of [...sizes, 0xffff0000, 0xffffffdb, 0xfffffffe, 0xffffffff, 0]) {
      assert.deepEqual(await valuesOf(wavBytes({ data: pcm16(1, 2, 3), statedSize })), [1, 2, 3], `${statedSize}`);
    }
    const stereo = wavBytes({ data: Buffer.alloc(12, 1), bits: 24, channels: 2, statedSize: 0x7fffeffc });
    assert.equal((await valuesOf(stereo, { channel: 1 })).length, 2);
    for (const statedSize of [8, 0x70000000, 0x90000000, 0xf0000000]) {
      await assert.rejects(valuesOf(wavBytes({ data: pcm16(1, 2, 3), statedSize })), /truncated/);
    }
  });

  it('goes by the bits of a sample where the bytes a frame do not fit them', async () => {
    const data = Buffer.from(Uint8Array.from({ length: 48 }, (_, i) => 7 * i + 3));
    // The first two samples of the first channel: libsndfile 1.2.2 through Python's soundfile, whatever the bytes a
    // frame.
    const cases = [
      { tag: 1, bits: 8, channels: 1, frames: 48, first: [-0.9765625, -0.921875] },
      { tag: 1, bits: 8, channels: 2, frames: 24, first: [-0.9765625, -0.8671875] },
      { tag: 1, bits: 12, channels: 1, frames: 24, first: [0.078216552734375, 0.18801879882812] },
      { tag: 1, bits: 16, channels: 2, frames: 12, first: [0.078216552734375, 0.29782104492188] },
      { tag: 1, bits: 20, channels: 1, frames: 16, first: [0.13311803340912, 0.29782390594482] },
      { tag: 1, bits: 24, channels: 2, frames: 8, first: [0.13311803340912, 0.46252977848053] },
      { tag: 1, bits: 32, channels: 1, frames: 12, first: [0.18801999092102, 0.40762783586979] },
      { tag: 7, bits: 8, channels: 1, frames: 48, first: [-0.8865966796875, -0.6678466796875] },
    ];
    for (const { frames, first, ...format } of cases) {
      for (const align of [0, 1, 2, 3, 4, 6, 8, 16]) {
        const bytes = wavBytes({ ...format, data });
        bytes.writeUInt16LE(align, 32);
        writeFileSync(path, bytes);
        const { samples } = await readAudio(path, { channel: 0 });
        assert.equal(samples.length, frames, JSON.stringify({ ...format, align }));
        // The values are printed with 14 digits, the samples are float32.
        first.forEach((value, i) => assert.ok(Math.abs(samples[i] - value) < 1e-7, `${samples[i]} ${value}`));
      }
    }
    await assert.rejects(valuesOf(wavBytes({ bits: 0, data })), /expected WAV with PCM/);
  });

  it('refuses audio that goes on behind the size that the header states', async () => {
    const audio = pcm16(...Array.from({ length: 4000 }, (_, i) => (i * 7919) % 30000));
    const wrapped = wavBytes({ data: audio, statedSize: 800 });
    await assert.rejects(valuesOf(wrapped), /states 800 bytes of audio, and 7200 bytes follow that are no chunk/);
    await assert.rejects(verifyAudio(path), /no chunk/);
    await assert.rejects(probeAudio(path), /no chunk/);
    const twice = Buffer.concat([wavBytes({ data: pcm16(1) }), chunk('data', pcm16(2))]);
    await assert.rejects(valuesOf(twice), /one data chunk, got several/);
  });

  it('accepts what programs write behind the audio', async () => {
    const sound = wavBytes({ data: pcm16(5, 6) });
    const odd = wavBytes({ bits: 8, data: Buffer.of(128, 129, 127) });
    const list = chunk('LIST', Buffer.from('INFOx'));
    const tails = [
      list,
      Buffer.concat([chunk('_PMX', Buffer.alloc(9)), list]),
      list.subarray(0, -1),
      list.subarray(0, 10),
      Buffer.from('TAG'.padEnd(128, 'x')),
      Buffer.alloc(2),
      Buffer.alloc(468),
    ];
    for (const tail of tails) {
      assert.deepEqual(await valuesOf(Buffer.concat([sound, tail])), [5, 6]);
      // An odd number of bytes with its pad byte, and without.
      assert.deepEqual(await valuesOf(Buffer.concat([odd, tail])), [0, 256, -256]);
      assert.deepEqual(await valuesOf(Buffer.concat([odd.subarray(0, -1), tail])), [0, 256, -256]);
    }
  });

  it('does not take chunks behind an empty data chunk for audio', async () => {
    const bytes = Buffer.concat([wavBytes({ data: Buffer.alloc(0) }), chunk('LIST', Buffer.from('INFO of it'))]);
    await assert.rejects(valuesOf(bytes), /holds no audio \(0 samples\)/);
  });

  it('reads each of 8 channels at 192 kHz', async () => {
    const data = Buffer.from(Int32Array.from({ length: 80 }, (_, i) => i << 16).buffer);
    const bytes = wavBytes({ channels: 8, sampleRate: 192000, bits: 32, extensible: true, data });
    for (let channel = 0; channel < 8; channel++) {
      assert.deepEqual(
        await valuesOf(bytes, { channel }),
        Array.from({ length: 10 }, (_, i) => 8 * i + channel),
      );
    }
    assert.equal((await probeAudio(path)).sampleRate, 192000);
  });

  it('refuses float samples that are not finite, in the channel that is read', async () => {
    for (const bad of [NaN, Infinity, -Infinity, 1e300]) {
      const data = Buffer.from(Float64Array.of(0.5, 0, 0.25, bad).buffer);
      const bytes = wavBytes({ tag: 3, bits: 64, channels: 2, data });
      await assert.rejects(valuesOf(bytes, { channel: 1 }), /sample 1 of what was read is -?(NaN|Infinity)/);
      assert.equal((await valuesOf(bytes, { channel: 0 })).length, 2);
    }
  });

  it('gives up on a file of endless empty chunks', async () => {
    const bytes = Buffer.alloc(2_000_012);
    wavBytes({ data: Buffer.alloc(0) }).copy(bytes, 0, 0, 12);
    await assert.rejects(valuesOf(bytes), /damaged WAV: no "fmt " chunk/);
  });
});
