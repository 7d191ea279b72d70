/**
 * @file The length of M4A from its boxes is the one that ffprobe tells, or none is given; whatever the boxes are,
 * reading ends.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AudioSource, withAudioSource } from '../../src/audio/audio-format.js';
import { readMp4Sound } from '../../src/audio/mp4-header.js';
import { readAudio } from '../../src/audio/read.js';
import { probeAudio } from '../../src/audio/probe.js';
import { SAMPLES, m4a } from './encoded-samples.js';
import { skip } from '../skip.js';

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0 && spawnSync('ffprobe', ['-version']).status === 0;

const sourceOf = (bytes: Buffer): AudioSource => ({
  path: 'x.m4a',
  size: bytes.length,
  identity: '',
  read: (position, length) => bytes.subarray(position, Math.max(position, position + length)),
});

/** The file with 32 bits changed at `offset` from the first byte behind the name of a box. */
function patched(box: string, offset: number, value: number): Buffer {
  const bytes = Buffer.from(m4a);
  bytes.writeUInt32BE(value, bytes.indexOf(box) + 4 + offset);
  return bytes;
}

describe('the header of M4A', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-mp4-'))));
  after(() => rmSync(dir, { recursive: true, force: true }));

  const understood = { sampleRate: 16000, channels: 1, frames: SAMPLES };

  it('tells sample rate, channels and length without ffmpeg', async () => {
    assert.deepEqual(readMp4Sound(sourceOf(m4a)), understood);
    const path = join(dir, 'a.m4a');
    writeFileSync(path, m4a);
    const { PATH } = process.env;
    process.env.PATH = dir;
    try {
      assert.equal((await probeAudio(path)).frames, SAMPLES);
    } finally {
      process.env.PATH = PATH;
    }
  });

  it('is read where its boxes come in another order, with sizes of 64 bits, or up to the end of the file', () => {
    const movieAt = m4a.indexOf('moov') - 4;
    const [rest, movie] = [m4a.subarray(0, movieAt), m4a.subarray(movieAt)];
    assert.deepEqual(readMp4Sound(sourceOf(Buffer.concat([movie, rest]))), understood);
    const toEnd = Buffer.from(m4a);
    toEnd.writeUInt32BE(0, movieAt);
    assert.deepEqual(readMp4Sound(sourceOf(toEnd)), understood);
    const long = Buffer.alloc(16);
    long.writeUInt32BE(1, 0);
    long.write('moov', 4);
    long.writeBigUInt64BE(BigInt(movie.length + 8), 8);
    assert.deepEqual(readMp4Sound(sourceOf(Buffer.concat([rest, long, movie.subarray(8)]))), understood);
  });

  it('takes the length from the edit list, rounded to the nearest sample', () => {
    assert.equal(readMp4Sound(sourceOf(patched('elst', 8, 100)))?.frames, 1600);
    // 250 units of 1/997 s are 4012.04 samples.
    assert.equal(readMp4Sound(sourceOf(patched('mvhd', 12, 997)))?.frames, 4012);
  });

  const others: [string, Buffer][] = [
    ['two edits', patched('elst', 4, 2)],
    ['an edit that begins with silence', patched('elst', 12, 0xffffffff)],
    ['an edit at another speed', patched('elst', 16, 0x20000)],
    ['an edit longer than its packets', patched('elst', 8, 900)],
    ['another time scale', patched('mdhd', 12, 44100)],
    ['a handler other than sound', patched('hdlr', 8, 0x76696465)],
    ['packets of another length', patched('stts', 12, 960)],
    ['sizes for fewer packets', patched('stsz', 8, 3)],
    ['no movie', m4a.subarray(0, m4a.indexOf('moov') - 4)],
    // 0x2b, the beginning of 0x2b7, follows the configuration's first two bytes.
    [
      'nothing said on spectral band replication',
      Buffer.from(m4a.toString('latin1').replace('\x56\xe5\x00', '\x00\x00\x00'), 'latin1'),
    ],
    [
      'spectral band replication',
      Buffer.from(m4a.toString('latin1').replace('\x56\xe5\x00', '\x56\xe5\x80'), 'latin1'),
    ],
    ['fragments', Buffer.from(m4a.toString('latin1').replace('udta', 'mvex'), 'latin1')],
  ];
  for (const [name, bytes] of others) {
    it(`is left to ffprobe: ${name}`, () => {
      assert.ok(!bytes.equals(m4a));
      assert.equal(readMp4Sound(sourceOf(bytes)), undefined);
    });
  }

  it('tells what ffprobe tells, and what is decoded', async function () {
    if (!hasFfmpeg) skip(this, 'ffmpeg is not installed');
    const path = join(dir, 'made.m4a');
    for (const [rate, channels, samples, ...options] of [
      [16000, 1, 100],
      [16000, 1, 16385],
      [44100, 2, 40001],
      [48000, 1, 30000, '-use_editlist', '0'],
      [24000, 1, 30001, '-movflags', '+faststart'],
    ] as [number, number, number, ...string[]][]) {
      const input = `aevalsrc=${Array(channels).fill('0.3*sin(900*t)').join('|')}:s=${rate}`;
      const cut = ['-af', `atrim=end_sample=${samples}`, '-c:a', 'aac', ...options, path];
      spawnSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', input, ...cut]);
      const sound = await withAudioSource(path, readMp4Sound);
      const asked = ['-v', 'error', '-show_entries', 'stream=sample_rate,channels,duration_ts', '-of', 'csv=p=0', path];
      const told = spawnSync('ffprobe', asked, { encoding: 'utf8' }).stdout.trim();
      assert.equal(`${sound?.sampleRate},${sound?.channels},${sound?.frames}`, told);
      assert.equal((await readAudio(path, { channel: 0 })).samples.length, sound?.frames);
    }
  });
});
