/** @file Shorten data, command by command, against what was put in; damage and its limits. */
import assert from 'node:assert/strict';
import { UserError } from '../../src/errors.js';
import { aLawCode, aLawValues, muLawCode, muLawValues } from '../../src/audio/g711.js';
import { decodeShorten, mostShortenSamples, shortenHeader } from '../../src/audio/shorten.js';
import { keyedRandom } from '../../src/random.js';
import { type BlockCoding, type ShortenOptions, command, shortenOf, shortenStream } from './shorten-encoder.js';

const decode = (bytes: Buffer, frames: number) => decodeShorten('x.sph', bytes, 1024, frames);

/** Something between a tone and noise around an offset, within 16 bits. */
function signal(length: number, seed: string, { offset = 0, step = 1, level = 6000 } = {}): number[] {
  const random = keyedRandom(1, seed);
  return Array.from({ length }, (_, i) => {
    const value = offset + level * Math.sin(i * 0.21) + 400 * random.normal();
    return step * Math.max(-32768 / step, Math.min(Math.floor(32767 / step), Math.round(value / step)));
  });
}

function interleaved(channels: number[][]): Int16Array {
  return Int16Array.from({ length: channels.length * channels[0].length }, (_, i) => {
    return channels[i % channels.length][Math.floor(i / channels.length)];
  });
}

const diffs = ['DIFF0', 'DIFF1', 'DIFF2', 'DIFF3'] as const;
const qlpc: BlockCoding = { command: 'QLPC', coefficients: [58, -40, 12, -3, 1] };

describe('shorten', () => {
  type Options = Parameters<typeof shortenOf>[1];
  const cases: [string, number[][], Options][] = [
    ...diffs.map((name): [string, number[][], Options] => [
      `${name} in every block`,
      [signal(203, name, { offset: -900 })],
      { coding: () => ({ command: name }) },
    ]),
    [
      'all DIFFs in turn, stereo',
      [signal(333, 'l'), signal(333, 'r', { offset: 3000 })],
      {
        coding: (block, channel) => ({ command: diffs[(block + channel) % 4] }),
      },
    ],
    ['QLPC around an offset', [signal(300, 'q', { offset: 2500 })], { coding: () => qlpc, maxOrder: 5 }],
    [
      'QLPC of order 0 and 64',
      [signal(500, 'q0', { offset: -70 })],
      {
        coding: (block) => ({ command: 'QLPC', coefficients: block % 2 ? new Array<number>(64).fill(1) : [] }),
        maxOrder: 64,
        blockSize: 100,
      },
    ],
    [
      'ZERO between blocks, and the mean after it',
      [[...signal(32, 'z', { offset: 99 }), ...new Array<number>(32).fill(0), ...signal(40, 'y', { offset: 99 })]],
      {
        coding: (block) => ({ command: block === 2 || block === 3 ? 'ZERO' : 'DIFF0' }),
      },
    ],
    [
      'a bit shift that changes',
      [[...signal(64, 's', { step: 16 }), ...signal(64, 't', { step: 64 }), ...signal(64, 'u')]],
      {
        coding: (block) => ({ command: diffs[block % 4] }),
        shift: (block) => (block < 4 ? 4 : block < 8 ? 2 : 0),
      },
    ],
    ['no running mean', [signal(100, 'n')], { coding: () => ({ command: 'DIFF0' }), meanBlocks: 0 }],
    [
      'a running mean over 3 blocks of 5',
      [signal(99, 'm', { offset: -4321 })],
      {
        coding: () => ({ command: 'DIFF0' }),
        meanBlocks: 3,
        blockSize: 5,
      },
    ],
    [
      'version 1',
      [signal(160, 'v', { offset: 77, step: 4 })],
      {
        version: 1,
        coding: (block) => (block % 2 ? qlpc : { command: 'DIFF0' }),
        maxOrder: 5,
        shift: (block) => (block % 3) % 2,
      },
    ],
    ['version 3', [signal(50, '3')], { version: 3 }],
    ['foreign bytes, in front and among the blocks', [signal(20, 'b')], { skipped: [1, 200, 3], verbatim: 'RIFF\0' }],
    ['8 bits', [signal(60, '8').map((value) => value >> 8)], { type: 1 }],
    [
      'the whole range, with codes of more than 25 bits',
      [[0, 32767, -32768, 32767, -32768, 0, -32768, 32767]],
      {
        coding: () => ({ command: 'DIFF3', energy: 13 }),
      },
    ],
    ['long runs of zeros', [[0, 900, -900, 3, -2]], { coding: () => ({ command: 'DIFF0', energy: 0 }) }],
    ['residuals of 20 bits', [[1, -1, 32767, -32768]], { coding: () => ({ command: 'DIFF2', energy: 20 }) }],
    ['one sample', [[-5]], {}],
    ['8 channels', Array.from({ length: 8 }, (_, i) => signal(37, String(i))), {}],
  ];
  for (const [name, channels, options] of cases) {
    it(`decodes ${name}`, () => {
      assert.deepEqual(decode(shortenOf(channels, options), channels[0].length), interleaved(channels));
    });
  }

  it('lets the array grow where silence takes no room', () => {
    const bytes = shortenStream({ blockSize: 4096 }, (writer) => {
      for (let i = 0; i < 50; i++) writer.unsigned(command.ZERO, 2);
      writer.unsigned(command.QUIT, 2);
    });
    assert.ok(bytes.length < 60);
    assert.deepEqual(decode(bytes, 50 * 4096), new Int16Array(50 * 4096));
  });

  it('ignores bytes behind the end mark', () => {
    const samples = signal(40, 'end');
    assert.deepEqual(
      decode(Buffer.concat([shortenOf([samples]), Buffer.alloc(9, 0xa5)]), 40),
      Int16Array.from(samples),
    );
  });

  describe('companded samples', () => {
    const codes = (type: number, values: number[], shift = 0) => [
      ...decode(shortenOf([values.map((value) => value * 2 ** shift)], { type, shift: () => shift }), values.length),
    ];

    it('ranks µ-law codes by their value, −0 last or in its place', () => {
      assert.deepEqual(codes(0, [127, 1, 0, -1, -127, -128]), [0x80, 0xfe, 0xff, 0x7e, 0x00, 0x7f]);
      assert.deepEqual(codes(8, [127, 1, 0, -1, -2, -128]), [0x80, 0xfe, 0xff, 0x7f, 0x7e, 0x00]);
      for (const [type, lowest] of [
        [0, -128],
        [8, -128],
      ] as const) {
        const all = codes(
          type,
          Array.from({ length: 256 }, (_, i) => lowest + i),
        );
        assert.equal(new Set(all).size, 256);
      }
    });

    it('ranks first the µ-law codes that shifted values can have', () => {
      // By shift 1 values are multiples of 16, and by shift 12 only 0 and −32768 are left.
      const ranks = [2, 1, 0, -1, -2, -3];
      const withShift = (type: number, shift: number) => [
        ...decode(
          shortenStream({ type, blockSize: 6 }, (writer) => {
            writer.unsigned(command.BITSHIFT, 2).unsigned(shift, 2).unsigned(command.DIFF0, 2).unsigned(3, 3);
            for (const rank of ranks) writer.signed(rank, 4);
            writer.unsigned(command.QUIT, 2);
          }),
          6,
        ),
      ];
      const values = (shift: number) => withShift(0, shift).map((code) => muLawValues[code]);
      assert.deepEqual(values(1).slice(0, 5), [32, 16, 0, -16, -32]);
      assert.deepEqual(withShift(0, 12), [0xfd, 0xfe, 0xff, 0x00, 0x7f, 0x7e]);
      assert.deepEqual(withShift(8, 12), [0xfd, 0xfe, 0xff, 0x7f, 0x00, 0x7f]);
    });

    it('takes linear values of 14 bits, and ranks of A-law', () => {
      const mu = [...new Set(muLawValues)].sort((a, b) => a - b);
      assert.deepEqual(
        codes(
          7,
          mu.map((value) => value >> 3),
        ),
        mu.map(muLawCode),
      );
      const a = [...aLawValues].sort((x, y) => x - y);
      assert.deepEqual(
        codes(
          10,
          a.map((value) => value >> 3),
        ),
        a.map(aLawCode),
      );
      assert.deepEqual(
        codes(
          9,
          a.map((_, i) => i - 128),
        ),
        a.map(aLawCode),
      );
      assert.deepEqual(
        codes(9, [-64, 0, 3], 1),
        [-128, 0, 6].map((rank) => aLawCode(a[rank + 128])),
      );
    });
  });

  it('says what a stream is from its first bytes, and how much it can hold', () => {
    const bytes = shortenOf([signal(100, 'h'), signal(100, 'i')], {
      blockSize: 32,
      skipped: new Array<number>(90).fill(0),
    });
    const header = shortenHeader('x.sph', bytes.subarray(0, 64), 1024);
    assert.deepEqual(header, { version: 2, coding: 'pcm 16', channels: 2, blockSize: 32 });
    assert.equal(mostShortenSamples(header, 10), 16 * 32);
  });

  describe('damage', () => {
    const block = [command.DIFF0, 2] as const;
    type Write = Parameters<typeof shortenStream>[1];
    const bad: [string, ShortenOptions, Write, RegExp][] = [
      ['no samples', {}, (w) => w.unsigned(command.QUIT, 2), /end after 0 samples; 16 are promised/],
      [
        'an end within a frame',
        { channels: 2 },
        (w) => w.unsigned(command.ZERO, 2).unsigned(command.QUIT, 2),
        /end after 0/,
      ],
      [
        'too many samples',
        {},
        (w) => w.unsigned(command.ZERO, 2).unsigned(command.ZERO, 2),
        /more than the 16 samples/,
      ],
      ['an unknown command', {}, (w) => w.unsigned(13, 2), /a command from 0 to 9, got 13/],
      ['no end', {}, (w) => w.unsigned(command.ZERO, 2).bits('0'.repeat(300)), /the data end too early/],
      ['wide residuals', {}, (w) => w.unsigned(...block).unsigned(24, 3), /at most 24 bits, got 25/],
      ['a large block', {}, (w) => w.unsigned(command.BLOCKSIZE, 2).number(17), /block size of 1 to 16.* got 17/],
      ['an empty block', {}, (w) => w.unsigned(command.BLOCKSIZE, 2).number(0), /block size of 1 to 16.* got 0/],
      [
        'a block size between channels',
        { channels: 2 },
        (w) => w.unsigned(8, 2).unsigned(5, 2).number(4),
        /block size/,
      ],
      ['a shift of 60', {}, (w) => w.unsigned(command.BITSHIFT, 2).unsigned(60, 2), /at most 31, got 60/],
      ['a shift of µ-law', { type: 0 }, (w) => w.unsigned(command.BITSHIFT, 2).unsigned(13, 2), /at most 12, got 13/],
      ['a high order', { maxOrder: 2 }, (w) => w.unsigned(7, 2).unsigned(3, 3).unsigned(3, 2), /order 0 to 2, got 3/],
      [
        'a large coefficient',
        { maxOrder: 2 },
        (w) => w.unsigned(7, 2).unsigned(3, 3).unsigned(1, 2).signed(40000, 6),
        /coefficient is too large/,
      ],
      [
        'a sample that runs away under QLPC',
        { maxOrder: 1 },
        (w) => {
          w.unsigned(7, 2).unsigned(8, 3).unsigned(1, 2).signed(32767, 6);
          for (let i = 0; i < 16; i++) w.signed(500, 9);
        },
        /out of range/,
      ],
      [
        'a sample beyond 16 bits',
        {},
        (w) => {
          w.unsigned(command.DIFF1, 2).unsigned(12, 3);
          for (let i = 0; i < 16; i++) w.signed(4000, 13);
        },
        /a sample of 36000 is out of range/,
      ],
      [
        'a sample that wraps around 32 bits',
        {},
        (w) => {
          w.unsigned(command.DIFF3, 2).unsigned(22, 3);
          for (let i = 0; i < 16; i++) w.signed(2 ** 26, 23);
        },
        /a sample of 67108864 is out of range/,
      ],
      [
        'a shifted sample beyond 16 bits',
        { blockSize: 1 },
        (w) =>
          w
            .unsigned(6, 2)
            .unsigned(10, 2)
            .unsigned(...block)
            .unsigned(5, 3)
            .signed(32, 6),
        /a sample of 32768 is out of range/,
      ],
      ['a number that is too large', {}, (w) => w.unsigned(command.BLOCKSIZE, 2).unsigned(32, 2), /at most 31 bits/],
      ['type 6', { type: 6 }, () => undefined, /a sample type of 0, 1, 3, .* got 6/],
      ['no channel', { channels: 0 }, () => undefined, /a channel count of 1 to 32, got 0/],
      ['2³⁰ channels', { channels: 2 ** 30 }, () => undefined, /a channel count .* got 1073741824/],
      ['a block size of 0', { blockSize: 0 }, () => undefined, /a block size of 1 to 65535, got 0/],
      ['a mean of 2³⁰ blocks', { meanBlocks: 2 ** 30 }, () => undefined, /running mean/],
      ['a highest order of 65', { maxOrder: 65 }, () => undefined, /predictor order of 0 to 64, got 65/],
      ['version 4', { version: 4 }, () => undefined, /version 1, 2 or 3, got 4/],
    ];
    for (const [name, options, write, message] of bad) {
      it(`refuses ${name}`, () => {
        assert.throws(
          () =>
            decode(
              shortenStream(options, (writer) => void write(writer)),
              16,
            ),
          (error: unknown) => {
            assert.ok(error instanceof UserError, String(error));
            assert.match(error.message, /^x\.sph: damaged shorten data at byte 10\d\d: /);
            assert.match(error.message, message);
            return true;
          },
        );
      });
    }

    it('refuses a stream that is cut anywhere', () => {
      const bytes = shortenOf([signal(200, 'cut')], { coding: () => qlpc, maxOrder: 5 });
      // The last three bytes may be filling.
      for (let length = 0; length < bytes.length - 3; length++) {
        assert.throws(() => decode(bytes.subarray(0, length), 200), UserError);
      }
    });

    it('refuses what is no shorten data, and more samples than memory should hold', () => {
      assert.throws(() => decode(Buffer.from('RIFF....WAVE'), 1), /at byte 1024: expected "ajkg"/);
      assert.throws(() => decode(shortenOf([[1]]), 2 ** 30), /at most 536870912/);
    });

    it('takes time in proportion to the data, whatever they are made of', () => {
      // 100,000 commands of each kind that cost the most beside what they read: a change of table, a long history, a
      // long mean.
      const before = process.cpuUsage();
      const streams: [ShortenOptions, (i: number) => string][] = [
        [{ type: 7 }, (i) => (i % 2 ? '001' + '10' + '1' + '00' : '001' + '10' + '1' + '01')],
        [{ maxOrder: 64, blockSize: 1, meanBlocks: 32768 }, () => '00100'],
      ];
      for (const [options, bits] of streams) {
        const bytes = shortenStream(options, (writer) => {
          for (let i = 0; i < 100_000; i++) writer.bits(bits(i));
        });
        assert.throws(() => decode(bytes, 1_000_000), UserError);
      }
      // Of the processor, whoever else uses it. A table or a sum made anew each time would take seconds; it is about
      // 0.05 s.
      const { user, system } = process.cpuUsage(before);
      assert.ok(user + system < 2e6, `${(user + system) / 1e6} s`);
    });
  });
});
