/** @file WAV beyond the everyday: µ-law and A-law, RF64, sizes that were not known, many channels, damage. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeAudio } from '../../src/audio/probe.js';
import { readAudio } from '../../src/audio/read.js';
import { wav } from '../../src/audio/wav.js';
import { chunk, wavBytes } from './wav-bytes.js';
import { mutate, readDamaged } from './mutate.js';

const pcm16 = (...values: number[]) => Buffer.from(Int16Array.from(values).buffer);

/** RF64: "ds64" holds the sizes that the chunks themselves state as 2³² − 1. */
function rf64({ magic = 'RF64', dataSize, table = [], data }: RF64) {
  const ds64 = Buffer.alloc(28 + 12 * table.length);
  ds64.writeBigUInt64LE(BigInt(dataSize ?? data.length), 8);
  ds64.writeUInt32LE(table.length, 24);
  for (const [i, [id, size]] of table.entries()) {
    ds64.write(id, 28 + 12 * i, 'latin1');
    ds64.writeBigUInt64LE(BigInt(size), 32 + 12 * i);
  }
  const between = table.map(([id, size]) => chunk(id, Buffer.alloc(size), 0xffffffff));
  const bytes = wavBytes({ before: [chunk('ds64', ds64)], between, data, statedSize: 0xffffffff });
  bytes.write(magic, 'latin1');
  bytes.writeUInt32LE(0xffffffff, 4);
  return bytes;
}
interface RF64 {
  magic?: string;
  dataSize?: number | bigint;
  table?: [string, number][];
  data: Buffer;
}

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

  it('reads to the end of the file where the size is what SoX writes into a pipe', async () => {
    assert.deepEqual(await valuesOf(wavBytes({ data: pcm16(1, 2), statedSize: 0x7ffff000 })), [1, 2]);
    const stereo = wavBytes({ data: Buffer.alloc(12, 1), bits: 24, channels: 2, statedSize: 0x7fffeffc });
    assert.equal((await valuesOf(stereo, { channel: 1 })).length, 2);
    await assert.rejects(valuesOf(wavBytes({ data: pcm16(1, 2), statedSize: 0x7ffff002 })), /truncated/);
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

  it('gives samples or an error for whatever a damaged file holds', async () => {
    const good = [
      wavBytes({
        channels: 2,
        bits: 24,
        extensible: true,
        data: Buffer.alloc(60, 7),
        between: [chunk('LIST', pcm16(1))],
      }),
      rf64({ data: pcm16(1, 2, 3), table: [['bext', 6]] }),
    ];
    for (let seed = 0; seed < 1000; seed++) {
      const samples = await readDamaged(wav, mutate(good[seed % 2], seed, { among: 120 }));
      assert.ok(samples?.every(Number.isFinite) ?? true);
    }
  });
});
