/** @file MP3, Ogg Vorbis, Opus and FLAC, and M4A: the sound that was encoded comes back, in place and at its length. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeAudio } from '../../src/audio/probe.js';
import { readAudio } from '../../src/audio/read.js';
import { resample } from '../../src/audio/resample.js';
import { UserError } from '../../src/errors.js';
import { SAMPLES, m4a, mp3, oggFlac, oggOpus, oggVorbis, second, sound } from './encoded-samples.js';
import { mono24 } from './flac-samples.js';
import { withPageChecksums } from '../faults/fuzz/checksums.js';
import { skip } from '../skip.js';

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0 && spawnSync('ffprobe', ['-version']).status === 0;

/** Signal to noise ratio in dB of `got` against `expected`, when `got` is `lag` samples late. */
function snr(expected: Float32Array, got: Float32Array, lag = 0): number {
  let [signal, noise] = [0, 0];
  for (let i = 50; i < expected.length - 50; i++) {
    signal += expected[i] ** 2;
    noise += (expected[i] - got[i + lag]) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

const id3 = (length: number) =>
  Buffer.concat([Buffer.from(`ID3\x04\0\0\0\0\0${String.fromCharCode(length)}`), Buffer.alloc(length, 'x')]);

describe('encoded audio', () => {
  // Each decode starts a decoder of its own: some 10 ms, and more on a busy machine.
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-encoded-'))));
  after(() => rmSync(dir, { recursive: true, force: true }));
  let files = 0;
  const put = (bytes: Buffer) => {
    const path = join(dir, `${files++}.audio`);
    writeFileSync(path, bytes);
    return path;
  };
  const refuses = (bytes: Buffer, message: RegExp) => {
    const path = put(bytes);
    return assert.rejects(readAudio(path, { channel: 0 }), (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      assert.ok(error.message.includes(path), 'names the file');
      return true;
    });
  };

  const cases: {
    name: string;
    bytes: Buffer;
    format: string;
    rate?: number;
    channels?: number;
    decibels: number;
    lag?: number;
  }[] = [
    // What each encoder makes of this sound at these rates, less a few dB; a lag of one sample would cost 16 dB.
    { name: 'MP3', bytes: mp3, format: 'mp3', decibels: 22 },
    { name: 'Ogg Vorbis', bytes: oggVorbis, format: 'ogg-vorbis', decibels: 20 },
    // The encoder is half a sample of 16 kHz early.
    { name: 'Ogg Opus', bytes: oggOpus, format: 'ogg-opus', channels: 2, decibels: 15, lag: -1 },
    { name: 'FLAC in Ogg', bytes: oggFlac, format: 'ogg-flac', decibels: 80 },
    { name: 'M4A', bytes: m4a, format: 'm4a', decibels: 12 },
  ];
  for (const { name, bytes, format, rate = 16000, channels = 1, decibels, lag } of cases) {
    describe(name, () => {
      if (format === 'm4a' && !hasFfmpeg) {
        it.skip('(skipped: ffmpeg is not installed)');
        return;
      }

      it('is probed without being decoded', async () => {
        const info = await probeAudio(put(bytes));
        const frames = (SAMPLES * rate) / 16000;
        assert.deepEqual(
          [info.format, info.sampleRate, info.channels, info.frames, info.duration],
          [format, rate, channels, frames, SAMPLES / 16000],
        );
      });

      it('gives the sound that was encoded, at its place, each channel by itself', async () => {
        const path = put(bytes);
        for (const [channel, expected] of [sound, second].slice(0, channels).entries()) {
          const { samples } = await readAudio(path, { channel, sampleRate: 16000 });
          assert.equal(samples.length, SAMPLES);
          const got = snr(expected, samples, lag);
          assert.ok(got > decibels, `channel ${channel}: ${got} dB`);
        }
      });

      it('gives a piece as it is in the whole, also when files take turns', async () => {
        const path = put(bytes);
        const { samples: whole } = await readAudio(path, { channel: 0 });
        await readAudio(put(mono24.bytes));
        const piece = await readAudio(path, { channel: 0, offset: 0.1, duration: 0.05 });
        assert.deepEqual(piece.samples, whole.slice(0.1 * rate, 0.15 * rate));
        const [a, b] = await Promise.all(
          [0.02, 0.2].map((offset) => readAudio(path, { channel: 0, offset, duration: 0.01 })),
        );
        assert.deepEqual(a.samples, whole.slice(0.02 * rate, 0.03 * rate));
        assert.deepEqual(b.samples, whole.slice(0.2 * rate, 0.21 * rate));
      });

      it('is refused wherever it was cut', async () => {
        const cuts = format === 'm4a' ? [0.3, 0.9] : [0.05, 0.2, 0.4, 0.6, 0.8, 0.95];
        for (const cut of cuts) await refuses(bytes.subarray(0, Math.floor(bytes.length * cut)), /./);
        await refuses(bytes.subarray(0, bytes.length - 1), /truncated|cut/);
      });
    });
  }

  describe('Ogg', () => {
    it('is refused with any bit flipped', async () => {
      for (const bytes of [oggVorbis, oggOpus, oggFlac]) {
        for (let at = 5; at < bytes.length; at += 331) {
          const flipped = Buffer.from(bytes);
          flipped[at] ^= 16;
          await refuses(flipped, /Ogg|several/);
        }
      }
    });

    it('is refused without its last page, or with another stream behind it', async () => {
      const last = oggFlac.lastIndexOf('OggS');
      await refuses(oggFlac.subarray(0, last), /its last page is not marked as the end/);
      await refuses(Buffer.concat([oggVorbis, oggFlac]), /several Ogg streams/);
    });
  });

  describe('Opus', () => {
    /** The same file with another byte, or number of 32 bits, in its header. */
    const withHeader = (at: number, value: number) => {
      const changed = Buffer.from(oggOpus);
      const start = changed.indexOf('OpusHead') + at;
      if (at === 12) changed.writeUInt32LE(value, start);
      else changed[start] = value;
      return withPageChecksums(changed);
    };

    it('has the rate that it was made from, where speech may have had that', async () => {
      const rates = [
        [16000, 16000],
        [8000, 8000],
        [44100, 44100],
        // Not known, none of speech, more than Opus holds.
        ...[0, 1, 7999, 48000, 96000, 2 ** 32 - 1].map((stated) => [stated, 48000]),
      ];
      for (const [stated, rate] of rates) {
        const path = put(withHeader(12, stated));
        const { sampleRate, frames, duration } = await probeAudio(path);
        assert.deepEqual([sampleRate, frames, duration], [rate, Math.ceil((SAMPLES * rate) / 16000), SAMPLES / 16000]);
        const { samples } = await readAudio(path, { channel: 1 });
        assert.equal(samples.length, frames);
      }
    });

    it('is resampled once, from what is decoded, whatever rate it was made from', async () => {
      const options = { channel: 0, sampleRate: 22050, offset: 0.05, duration: 0.1 };
      const { samples: expected } = await readAudio(put(oggOpus), options);
      assert.deepEqual((await readAudio(put(withHeader(12, 8000)), options)).samples, expected);
      const { samples: decoded } = await readAudio(put(oggOpus), { channel: 0, sampleRate: 48000 });
      assert.equal(decoded.length, 3 * SAMPLES);
      assert.deepEqual((await readAudio(put(oggOpus), { channel: 0 })).samples, resample(decoded, 48000, 16000));
    });

    it('takes its gain from the header', async () => {
      const { samples } = await readAudio(put(oggOpus), { channel: 0 });
      // −6.02 dB, in steps of 1/256 dB, the lower byte first.
      const quiet = Buffer.from(oggOpus);
      quiet.writeInt16LE(Math.round(-256 * 20 * Math.log10(2)), quiet.indexOf('OpusHead') + 16);
      const { samples: halved } = await readAudio(put(withPageChecksums(quiet)), { channel: 0 });
      // The gain is rounded to 1/512 dB at most, a factor of 1.0003.
      for (let i = 0; i < SAMPLES; i++) assert.ok(Math.abs(2 * halved[i] - samples[i]) < 3e-4 * 0.5);
    });

    it('is refused with more channels than its header has a table for', async () => {
      await refuses(withHeader(9, 3), /its header has no table for its 3 channels/);
      await refuses(withHeader(18, 1), /its header has no table for its 2 channels/);
    });
  });

  it('decodes Vorbis after a damaged one as before it', async () => {
    const { samples } = await readAudio(put(oggVorbis));
    const last = oggVorbis.lastIndexOf('OggS');
    const damaged = Buffer.from(oggVorbis);
    for (let at = last + 60; at < damaged.length; at++) damaged[at] = (damaged[at] * 7 + at) & 0xff;
    const damage = await readAudio(put(withPageChecksums(damaged))).then(
      ({ samples: other }) => other,
      (error: unknown) => error,
    );
    assert.notDeepEqual(damage, samples);
    for (let again = 0; again < 2; again++) assert.deepEqual((await readAudio(put(oggVorbis))).samples, samples);
  });

  describe('MP3', () => {
    const tag = 10 + mp3[9];
    const frames = mp3.subarray(tag);

    it('is as long as its frames where nothing tells the encoder’s delay', async () => {
      // The frames behind the one without sound: 9 of 576 samples.
      const second = frames.indexOf(frames.subarray(0, 2), 2);
      const path = put(frames.subarray(second));
      const { frames: length } = await probeAudio(path);
      assert.equal(length, 9 * 576);
      const { samples } = await readAudio(path);
      assert.equal(samples.length, length);
      // LAME's delay of 576 samples and a decoder's of 529.
      assert.ok(snr(sound, samples, 1105) > 22);
    });

    it('may have tags and zeros around it', async () => {
      const { samples: plain } = await readAudio(put(frames));
      const around: [Buffer, Buffer][] = [
        [id3(20), Buffer.alloc(0)],
        [Buffer.concat([id3(20), id3(99), Buffer.alloc(50)]), Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)])],
        [Buffer.alloc(0), Buffer.from('APETAGEX and so on')],
        [Buffer.alloc(0), Buffer.alloc(300)],
      ];
      for (const [before, after] of around) {
        const { samples } = await readAudio(put(Buffer.concat([before, frames, after])));
        assert.deepEqual(samples, plain);
      }
    });

    it('is refused with frames missing, foreign bytes within, or a change of its nature', async () => {
      const frame = frames.length - 144;
      await refuses(
        Buffer.concat([frames, frames.subarray(frame)]),
        /inconsistent MP3: its header says 9 frames, there are 10/,
      );
      await refuses(
        Buffer.concat([frames, Buffer.from('something else')]),
        /expected a frame at byte \d+, got 736f6d65/,
      );
      const rate = Buffer.from(frames);
      rate[frame + 2] ^= 12;
      await refuses(rate, /./);
      await refuses(Buffer.concat([frames.subarray(0, 144), Buffer.alloc(400, 1)]), /expected a second frame|damaged/);
    });

    it('never takes longer or ends otherwise than with samples or an error, whatever bits are flipped', async () => {
      for (let at = 0; at < frames.length; at += 41) {
        const flipped = Buffer.from(frames);
        flipped[at] ^= 1 << (at % 8);
        const path = put(flipped);
        const outcome = await readAudio(path, { channel: 0 }).then(
          ({ samples }) => samples.every((sample) => Number.isFinite(sample)),
          (error: unknown) => error instanceof UserError,
        );
        assert.ok(outcome, `byte ${at}`);
      }
    });
  });

  it('steps over an ID3 tag in front of FLAC, and refuses one with nothing behind it', async () => {
    const { samples } = await readAudio(put(Buffer.concat([id3(77), mono24.bytes])));
    assert.deepEqual(samples, (await readAudio(put(mono24.bytes))).samples);
    await refuses(id3(20), /truncated: its ID3 tag takes 30 bytes/);
  });

  it('says what is needed where ffmpeg is not installed', async () => {
    const { PATH } = process.env;
    process.env.PATH = dir;
    try {
      await refuses(
        m4a,
        /a m4a file is read through ffmpeg, but ffmpeg is not installed\. Install ffmpeg .* or convert/,
      );
    } finally {
      process.env.PATH = PATH;
    }
  });

  it('refuses an M4A that ffmpeg cannot read, with ffmpeg’s words', async function () {
    if (!hasFfmpeg) skip(this, 'ffmpeg is not installed');
    await refuses(m4a.subarray(0, m4a.readUInt32BE(0)), /ffprobe cannot read this m4a file: .+/);
  });
});
