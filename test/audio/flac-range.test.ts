/**
 * @file Pieces of FLAC files are what the whole has there, however the file is laid out; damage where one reads is an
 * error.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AudioSource, withAudioSource } from '../../src/audio/audio-format.js';
import { flac } from '../../src/audio/flac.js';
import { probeAudio } from '../../src/audio/probe.js';
import { readAudio } from '../../src/audio/read.js';
import { UserError } from '../../src/errors.js';
import { keyedRandom } from '../../src/random.js';
import { type FlacBytes, encodeFlac, frameHeader } from './flac-encoder.js';
import { mono24, stereo16 } from './flac-samples.js';
import { skip } from '../skip.js';

/** Noise with stretches of one value, so that bytes are spread unevenly over time. */
function noise(count: number, bits: 16 | 24, key: string): Int32Array {
  const random = keyedRandom(1, key);
  return Int32Array.from({ length: count }, (_, i) =>
    Math.floor(i / 1500) % 3 === 1 ? 7 : random.below(2 ** bits) - 2 ** (bits - 1),
  );
}

const uneven = (index: number) => [16, 192, 1000, 17, 576, 4096][index % 6];

const layouts: [string, FlacBytes][] = [
  ['fixed blocks, mono', { channels: [noise(9000, 16, 'a')], bits: 16, blocks: () => 192, variable: false }],
  [
    'fixed blocks, 24 bits, stereo, no MD5',
    {
      channels: [noise(9000, 24, 'b'), noise(9000, 24, 'c')],
      bits: 24,
      blocks: () => 256,
      variable: false,
      md5: false,
    },
  ],
  ['variable blocks, mono', { channels: [noise(20_000, 16, 'd')], bits: 16, blocks: uneven, variable: true }],
  [
    'variable blocks, 24 bits, stereo, a SEEKTABLE',
    {
      channels: [noise(20_000, 24, 'e'), noise(20_000, 24, 'f')],
      bits: 24,
      blocks: uneven,
      variable: true,
      seekPoints: (points) => [
        ...points.filter((_, i) => i % 5 === 0),
        { sample: 2n ** 64n - 1n, offset: 0n, length: 0 },
      ],
    },
  ],
  [
    'a SEEKTABLE that is wrong',
    {
      channels: [noise(9000, 16, 'g')],
      bits: 16,
      blocks: () => 192,
      variable: false,
      seekPoints: (points) => points.map((point) => ({ ...point, sample: point.sample + 192n })),
    },
  ],
];

describe('pieces of FLAC', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-flac-'))));
  after(() => rmSync(dir, { recursive: true, force: true }));
  const put = (bytes: Buffer, name = 'x.flac') => {
    const path = join(dir, name);
    writeFileSync(path, bytes);
    return path;
  };
  /** A piece, and how many bytes of the file were read for it. */
  const piece = (path: string, from: number, count: number, channel = 0) =>
    withAudioSource(path, async (file) => {
      let bytes = 0;
      const source: AudioSource = {
        ...file,
        read: (position, length) => {
          const got = file.read(position, length);
          bytes += got.length;
          return got;
        },
      };
      return { samples: await flac.readChannel(source, { from, count, channel }), bytes };
    });
  /** Compares pieces around every multiple of `step`, of many lengths, with the whole. */
  const comparePieces = async (path: string, step: number) => {
    const { channels, frames } = await probeAudio(path);
    for (let channel = 0; channel < channels; channel++) {
      const { samples: whole } = await readAudio(path, { channel });
      assert.equal(whole.length, frames);
      for (let middle = 0; middle <= frames; middle += step) {
        for (const from of [middle - 1, middle, middle + 1]) {
          for (const length of [1, step - 1, step + 1, 3 * step, 4097, frames]) {
            const count = Math.min(length, frames - from);
            if (from < 0 || count < 1) continue;
            const { samples } = await piece(path, from, count, channel);
            assert.deepEqual(samples, whole.slice(from, from + count), `${count} from ${from} of channel ${channel}`);
          }
        }
      }
    }
  };

  for (const [name, sound] of layouts) {
    it(`are as in the whole: ${name}`, async () => {
      const path = put(encodeFlac(sound));
      const { samples } = await readAudio(path, { channel: 0 });
      assert.deepEqual(
        samples,
        Float32Array.from(sound.channels[0], (value) => value / 2 ** (sound.bits - 1)),
      );
      await comparePieces(path, sound.variable ? 353 : sound.blocks(0));
    });
  }

  it('are as in the whole: files of libFLAC with a single frame', async () => {
    await comparePieces(put(stereo16.bytes), 23);
    await comparePieces(put(mono24.bytes), 23);
  });

  it('are as in the whole, from every sample on', async () => {
    const sound = { ...layouts[2][1], channels: [noise(3000, 16, 'h')] };
    const path = put(encodeFlac(sound));
    for (let from = 0; from < 3000; from++) {
      const { samples } = await piece(path, from, Math.min(100, 3000 - from));
      assert.equal(samples[0], sound.channels[0][from] / 32768);
    }
  });

  it('are found among sound that looks like frame headers', async () => {
    const template = layouts[0][1];
    const values = noise(30_000, 16, 'i');
    // Every 50 samples a right header of some frame, at an even byte; half of them state the frame's own successor.
    for (let at = 10; at + 10 < values.length; at += 50) {
      const frame = Math.floor(at / 192);
      const header = frameHeader((at / 50) % 2 === 0 ? frame + 1 : (at * 7919) % 157, 192, template);
      for (let i = 0; i + 1 < header.length; i += 2) values[at + i / 2] = header.readInt16BE(i);
      values[at + (header.length >> 1)] =
        header.length % 2 ? (header.at(-1)! << 8) - (header.at(-1)! > 127 ? 65536 : 0) : 0;
    }
    for (const variable of [false, true]) {
      await comparePieces(put(encodeFlac({ ...template, channels: [values], variable })), 1920);
    }
  });

  it('are as in the whole where encoders wrote the file', async function () {
    const wav = put(Buffer.alloc(0), 'x.wav');
    const made: string[] = [];
    const make = (name: string, tool: string, ...options: string[]) => {
      const path = join(dir, name);
      if (spawnSync(tool, [...options, path]).status === 0) made.push(path);
    };
    const sine = ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'aevalsrc=sin(t*t*900)*t/2|0.3*sin(700*t):s=16000:d=2'];
    make('stereo16.flac', 'ffmpeg', ...sine);
    make('mono24.flac', 'ffmpeg', ...sine, '-ac', '1', '-sample_fmt', 's32', '-frame_size', '1152');
    make('sox.flac', 'sox', '-n', '-r', '16000', '-c', '1', '-b', '16', 'synth', '3', 'pinknoise', 'vol', '0.5');
    if (made.length === 0) skip(this, 'neither ffmpeg nor sox is installed');
    rmSync(wav);
    for (const path of made) await comparePieces(path, 4608);
  });

  it('cost the reading of a small part of a long file', async () => {
    const sound: FlacBytes = { channels: [noise(600_000, 16, 'j')], bits: 16, blocks: () => 1152, variable: false };
    for (const seekPoints of [undefined, (points: FlacPoints) => points.filter((_, i) => i % 40 === 0)]) {
      const bytes = encodeFlac({ ...sound, seekPoints });
      const path = put(bytes);
      for (const from of [0, 100_000, 333_333, 599_000]) {
        const { samples, bytes: read } = await piece(path, from, 1000);
        assert.equal(samples[999], sound.channels[0][from + 999] / 32768);
        assert.ok(read < 60_000, `${read} of ${bytes.length} bytes from ${from}`);
      }
    }
  });

  it('are refused where a bit is flipped in what they need, and read where it is elsewhere', async () => {
    const sound: FlacBytes = { channels: [noise(9000, 16, 'k')], bits: 16, blocks: () => 1000, variable: false };
    const good = encodeFlac(sound);
    const path = put(good);
    const { samples: whole } = await readAudio(path);
    for (let at = 42; at < good.length; at += 97) {
      const bytes = Buffer.from(good);
      bytes[at] ^= 1 << (at % 8);
      put(bytes);
      await assert.rejects(readAudio(path), UserError);
      for (const from of [0, 3500, 8999]) {
        const outcome = await piece(path, from, 1).catch((error: unknown) => {
          assert.ok(error instanceof UserError, String(error));
          assert.match(error.message, /x\.flac: (damaged|truncated|expected)/);
        });
        if (outcome) assert.equal(outcome.samples[0], whole[from], `byte ${at}, sample ${from}`);
      }
    }
    const bytes = Buffer.from(good);
    bytes[good.length - 500] ^= 1;
    put(bytes);
    await assert.rejects(
      piece(path, 8500, 10),
      /damaged or truncated FLAC: the frame at byte \d+ has a wrong checksum/,
    );
    assert.equal((await piece(path, 10, 1)).samples[0], whole[10]);
  });

  it('are refused where the file ends before them', async () => {
    const sound: FlacBytes = { channels: [noise(9000, 16, 'l')], bits: 16, blocks: () => 1000, variable: false };
    const bytes = encodeFlac(sound);
    const path = put(bytes.subarray(0, bytes.length - 2500));
    await assert.rejects(piece(path, 8900, 10), /truncated/);
    await assert.rejects(piece(path, 6900, 1500), /truncated/);
    await assert.rejects(piece(path, 7100, 10), /truncated/);
    assert.equal((await piece(path, 6000, 999)).samples.length, 999);
  });

  it('of files that differ take turns', async () => {
    const paths = layouts.map(([, sound], i) => put(encodeFlac(sound), `${i}.flac`));
    const reads = Array.from({ length: 60 }, (_, i) => ({ layout: i % paths.length, from: (i * 137) % 8000 }));
    const pieces = await Promise.all(reads.map(({ layout, from }) => piece(paths[layout], from, 300)));
    for (const [i, { layout, from }] of reads.entries()) {
      const { channels, bits } = layouts[layout][1];
      assert.equal(pieces[i].samples[299], channels[0][from + 299] / 2 ** (bits - 1));
    }
  });

  it('at another sample rate are as in the whole', async () => {
    const path = put(encodeFlac(layouts[2][1]));
    const { samples: whole } = await readAudio(path, { sampleRate: 5000 });
    const { samples } = await readAudio(path, { sampleRate: 5000, offset: 0.5, duration: 0.2 });
    assert.deepEqual(samples, whole.slice(2500, 3500));
  });
});

type FlacPoints = Parameters<NonNullable<FlacBytes['seekPoints']>>[0];
