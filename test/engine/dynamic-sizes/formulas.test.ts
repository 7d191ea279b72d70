/** @file Formulas of sizes: found where they are exact in every trace, with their offsets unblurred, and else not. */
import assert from 'node:assert/strict';
import { type Across, solveNumber, solveSize, traceSizes } from '../../../src/engine/dynamic-sizes/formulas.js';

const { B, T } = traceSizes(['B', 'T']);
const atoms = [
  { name: 'B', sizes: B },
  { name: 'T', sizes: T },
];
const across = (of: (b: number, t: number) => number): Across => B.map((b, trace) => of(b, T[trace]));
const shown = ({ factors, offset, ...rest }: { factors: readonly { name: string }[]; offset: number }) => ({
  of: factors.map(({ name }) => name).join('·'),
  offset: offset + 0, // −0 is 0
  ...rest,
});

describe('engine/dynamic-sizes/formulas', () => {
  const sizes: [text: string, size: (b: number, t: number) => number, of: string, scale: number, offset: number][] = [
    ['a length', (_, t) => t, 'T', 1, 0],
    ['twice a batch and three', (b) => 2 * b + 3, 'B', 2, 3],
    ['frames of all utterances', (b, t) => b * t, 'B·T', 1, 0],
    ['pairs of frames', (_, t) => 4 * t * t - 1, 'T·T', 4, -1],
  ];
  for (const [text, size, of, scale, offset] of sizes) {
    it(`gives ${text}`, () => assert.deepEqual(shown(solveSize(across(size), atoms)!), { of, scale, offset }));
  }

  it('gives no size that is a fraction or another function', () => {
    assert.equal(
      solveSize(
        across((_, t) => (t - 1) / 2),
        atoms,
      ),
      undefined,
    );
    assert.equal(
      solveSize(
        across((b, t) => b + t),
        atoms,
      ),
      undefined,
    );
  });

  const numbers: [text: string, number: (b: number, t: number) => number, expected: object][] = [
    ['a mean', (_, t) => 1 / t, { of: 'T', scale: 1, offset: 0, operators: ['Reciprocal'] }],
    ['minus a root', (_, t) => -Math.sqrt(2 * t), { of: 'T', scale: 2, offset: 0, operators: ['Sqrt', 'Neg'] }],
    [
      'an unbiased deviation',
      (b, t) => 1 / Math.sqrt(b * t - 1),
      { of: 'B·T', scale: 1, offset: -1, operators: ['Reciprocal', 'Sqrt'] },
    ],
  ];
  for (const [text, number, expected] of numbers) {
    it(`gives ${text}, although the traces round it to float32`, () => {
      assert.deepEqual(shown(solveNumber(across(number).map(Math.fround), atoms)!), expected);
    });
  }

  it('gives no number that is another function', () => {
    assert.equal(
      solveNumber(
        across((_, t) => Math.log(t)),
        atoms,
      ),
      undefined,
    );
  });

  it('traces at sizes of their own for each symbol, three at most beside the batch', () => {
    const traced = Object.values(traceSizes(['B', 'T', 'U', 'V'])).flat();
    assert.equal(new Set(traced).size, traced.length);
    assert.throws(() => traceSizes(['T', 'U', 'V', 'W']), /internal: 4 symbolic sizes/);
  });
});
