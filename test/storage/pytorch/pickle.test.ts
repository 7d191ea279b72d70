/** Pickles of every protocol give the values that Python gives, and name nothing that is not allowed. */
import assert from 'node:assert/strict';
import { PickleProblem, readPickle, type PickleNames } from '../../../src/storage/pytorch/pickle.js';

const nothing: PickleNames = {
  find: (module, name) => {
    throw new Error(`asked for ${module}.${name}`);
  },
  persistent: (id) => ({ id }),
};
const read = (hex: string, names = nothing) => readPickle(Buffer.from(hex.replaceAll(' ', ''), 'hex'), 0, names);

/**
 * By Python 3.11: `pickle.dumps({'a': [1, -2, 300, 2**70, None, True, (0.5,), ()], 'ü': {'n': (1, 2, 3, 4)}}, protocol).hex()`
 */
const VALUE = new Map<unknown, unknown>([
  ['a', [1, -2, 300, 2n ** 70n, null, true, [0.5], []]],
  ['ü', new Map([['n', [1, 2, 3, 4]]])],
]);
const DUMPS: Record<string, string> = {
  0: '286470300a56610a70310a286c70320a49310a61492d320a61493330300a614c313138303539313632303731373431313330333432344c0a614e614930310a612846302e350a7470330a612874617356fc0a70340a286470350a566e0a70360a2849310a49320a49330a49340a7470370a73732e',
  1: '7d71002858010000006171015d7102284b014afeffffff4d2c014c313138303539313632303731373431313330333432344c0a4e4930310a28473fe000000000000074710329655802000000c3bc71047d710558010000006e7106284b014b024b034b0474710773752e',
  2: '80027d71002858010000006171015d7102284b014afeffffff4d2c018a090000000000000000404e88473fe000000000000085710329655802000000c3bc71047d710558010000006e7106284b014b024b034b0474710773752e',
  3: '80037d71002858010000006171015d7102284b014afeffffff4d2c018a090000000000000000404e88473fe000000000000085710329655802000000c3bc71047d710558010000006e7106284b014b024b034b0474710773752e',
  4: '80049547000000000000007d94288c0161945d94284b014afeffffff4d2c018a090000000000000000404e88473fe0000000000000859429658c02c3bc947d948c016e94284b014b024b034b04749473752e',
  5: '80059547000000000000007d94288c0161945d94284b014afeffffff4d2c018a090000000000000000404e88473fe0000000000000859429658c02c3bc947d948c016e94284b014b024b034b04749473752e',
};

describe('pickle', () => {
  for (const [protocol, hex] of Object.entries(DUMPS)) {
    it(`reads protocol ${protocol}`, () => {
      const { value, end } = read(hex);
      assert.deepEqual(value, VALUE);
      assert.equal(end, hex.length / 2);
    });
  }

  it('shares a value that is kept and recalled', () => {
    // pickle.dumps([x, x], 2) with x = [1]
    const { value } = read('80025d7100285d71014b016168 01652e') as { value: unknown[][] };
    assert.deepEqual(value, [[1], [1]]);
    assert.equal(value[0], value[1]);
  });

  it('asks for names, and calls what it is given with data alone', () => {
    const calls: unknown[] = [];
    const find = (module: string, name: string) =>
      module === 'm' && name === 'f' ? (...v: unknown[]) => calls.push(v) : 7;
    // cm\nf\n (K\x05 cm\ng\n t R .: f(5, g)
    read('80 02 63 6d0a660a 28 4b05 63 6d0a670a 74 52 2e', { ...nothing, find });
    assert.deepEqual(calls, [[5, 7]]);
    assert.throws(
      () => read('80 02 63 6d0a670a 29 52 2e', { ...nothing, find }),
      /calls m\.g, which is not a function/,
    );
    assert.throws(() => read('80 02 63 6f730a73797374656d0a 2e'), /asked for os\.system/);
  });

  it('says what is wrong with bytes that are no pickle', () => {
    for (const [hex, says] of [
      ['80 02 4b', /ends at byte 3, within a value/],
      ['80 02 ff 2e', /opcode 0xff at byte 2/],
      ['80 02 2e', /takes a value where there is none/],
      ['80 02 68 05 2e', /recalls value 5/],
      ['80 02 4b 01 74 2e', /closes a group/],
      ['80 02 4b 01 4b 02 61 2e', /appends to something/],
      ['80 02 4b 01 4b 02 4b 03 73 2e', /sets items of something/],
    ] as const) {
      assert.throws(
        () => read(hex),
        (error: Error) => error instanceof PickleProblem && says.test(error.message),
        hex,
      );
    }
  });
});
