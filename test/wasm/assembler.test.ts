/** @file Every instruction by what it computes, and the control flow. */
import assert from 'node:assert/strict';
import { type Code, assembleModule, call, f32x4, f64x2, i32, i32x4, i8x16, v128 } from '../../src/wasm/assembler.js';
import { instantiate } from '../../src/wasm/instantiate.js';
import { transposeLanes } from '../../src/features/fbank/wasm/lanes.js';
import { evaluate, runBody } from './run-code.js';

const A = [1.5, -2, 0.1, 1e20];
const B = [3, 0.7, -4, 1e-3];

describe('wasm/assembler', () => {
  const onFloats: [name: string, code: (a: Code, b: Code) => Code, expected: (a: number, b: number) => number][] = [
    ['f32x4.add', f32x4.add, (a, b) => a + b],
    ['f32x4.sub', f32x4.sub, (a, b) => a - b],
    ['f32x4.mul', f32x4.mul, (a, b) => a * b],
    ['f32x4.div', f32x4.div, (a, b) => a / b],
    ['f32x4.sqrt', (a) => f32x4.sqrt(a), (a) => Math.sqrt(a)],
    ['f32x4.pmax', f32x4.pmax, (a, b) => (a < b ? b : a)],
    ['f32x4.pmin', f32x4.pmin, (a, b) => (b < a ? b : a)],
    ['f32x4.const', (a) => f32x4.add(a, f32x4.const(0.3)), (a) => a + Math.fround(0.3)],
  ];
  for (const [name, code, expected] of onFloats) {
    it(`computes ${name} in each lane, rounded once`, () => {
      const operands = Float32Array.from([...A, ...B]);
      const got = new Float32Array(evaluate(operands, (_, [a, b]) => code(a, b)));
      assert.deepEqual(
        got,
        Float32Array.from({ length: 4 }, (_, lane) => expected(operands[lane], operands[4 + lane])),
      );
    });
  }

  it('takes the first operand of f32x4.pmax where the second is not a number', () => {
    const got = new Float32Array(
      evaluate(Float32Array.of(1, 2, 3, 4, NaN, 5, NaN, NaN), (_, [a, b]) => f32x4.pmax(a, b)),
    );
    assert.deepEqual([...got], [1, 5, 3, 4]);
  });

  const onIntegers: [name: string, code: (a: Code, b: Code) => Code, expected: (a: number, b: number) => number][] = [
    ['i32x4.add', i32x4.add, (a, b) => a + b],
    ['i32x4.sub', i32x4.sub, (a, b) => a - b],
    ['i32x4.shl', (a) => i32x4.shl(a, 23), (a) => a << 23],
    ['i32x4.shr', (a) => i32x4.shr(a, 3), (a) => a >> 3],
    ['i32x4.const', (a) => i32x4.add(a, i32x4.const(-70000)), (a) => a - 70000],
  ];
  for (const [name, code, expected] of onIntegers) {
    it(`computes ${name} in each lane`, () => {
      const operands = Int32Array.of(5, -900, 123456789, -1, 7, 7, -3, 40);
      const got = new Int32Array(evaluate(operands, (_, [a, b]) => code(a, b)));
      assert.deepEqual(
        got,
        Int32Array.from({ length: 4 }, (_, lane) => expected(operands[lane], operands[4 + lane])),
      );
    });
  }

  const onDoubles: [name: string, code: (a: Code, b: Code) => Code, expected: (a: number, b: number) => number][] = [
    ['f64x2.add', f64x2.add, (a, b) => a + b],
    ['f64x2.sub', f64x2.sub, (a, b) => a - b],
    ['f64x2.mul', f64x2.mul, (a, b) => a * b],
    ['f64x2.pmax', f64x2.pmax, (a, b) => (a < b ? b : a)],
  ];
  for (const [name, code, expected] of onDoubles) {
    it(`computes ${name} in each half`, () => {
      const operands = Float64Array.of(0.1, -2, 3, 1e200);
      const got = new Float64Array(evaluate(operands, (_, [a, b]) => code(a, b)));
      assert.deepEqual(
        got,
        Float64Array.from({ length: 2 }, (_, half) => expected(operands[half], operands[2 + half])),
      );
    });
  }

  it('makes float64 of the first two of four float32 with f64x2.promoteLow', () => {
    const got = new Float64Array(evaluate(Float32Array.from(A), (_, [a]) => f64x2.promoteLow(a)));
    assert.deepEqual([...got], [1.5, -2]);
  });

  it('marks lanes with f32x4.ge, chooses by the marks, and counts them', () => {
    const operands = Float32Array.of(1, 2, NaN, -0, 1, 3, 0, 0);
    const marks = new Int32Array(evaluate(operands, (_, [a, b]) => f32x4.ge(a, b)));
    assert.deepEqual([...marks], [-1, 0, 0, -1]);
    const chosen = evaluate(operands, (body, [a, b]) => {
      const marks = body.keep(f32x4.ge(a, b));
      const bits = body.keep(i32x4.bitmask(marks), 'i32'); // 1 + 8
      body.emit(i32.store(i32.const(64), 0, i32.shl(i32.popcnt(bits), 4)));
      body.emit(i32.store(i32.const(64), 4, bits));
      return i32x4.add(v128.bitselect(i32x4.const(10), i32x4.const(20), marks), v128.load(i32.const(64), 0));
    });
    assert.deepEqual([...new Int32Array(chosen)], [10 + 32, 20 + 9, 20, 10]);
  });

  it('reorders bytes with i8x16.swizzle', () => {
    const bytes = Array.from({ length: 16 }, (_, i) => (5 * i) % 16);
    const operands = new Int32Array(Uint8Array.of(...Array.from({ length: 16 }, (_, i) => 100 + i), ...bytes).buffer);
    const got = new Uint8Array(evaluate(operands, (_, [a, b]) => i8x16.swizzle(a, b)));
    assert.deepEqual(
      [...got],
      bytes.map((i) => 100 + i),
    );
  });

  it('converts integers with f32x4.convertI32x4', () => {
    const got = new Float32Array(evaluate(Int32Array.of(-126, 0, 127, 16777217), (_, [a]) => f32x4.convertI32x4(a)));
    assert.deepEqual([...got], [-126, 0, 127, 16777216]);
  });

  it('takes lanes of two vectors with i32x4.shuffle, and transposes four', () => {
    const values = Int32Array.from({ length: 16 }, (_, i) => i);
    assert.deepEqual(
      [...new Int32Array(evaluate(values, (_, [a, b]) => i32x4.shuffle(a, b, [7, 0, 5, 2])))],
      [7, 0, 5, 2],
    );
    for (let column = 0; column < 4; column++) {
      const got = new Int32Array(evaluate(values, (body, rows) => transposeLanes(body, rows)[column]));
      assert.deepEqual([...got], [column, 4 + column, 8 + column, 12 + column]);
    }
  });

  it('loads and stores whole vectors and single lanes, at addresses that are multiples of 4', () => {
    const memory = runBody(
      (body) => {
        const at = i32.const(4);
        const splat = v128.load32Splat(at, 0); // 1 1 1 1
        const lane = v128.load32Lane(at, 4, splat, 2); // 1 1 2 1
        const alone = v128.load32Zero(at, 8); // 3 0 0 0
        body.emit(v128.store(at, 16, i32x4.add(body.keep(lane), body.keep(alone))));
        body.emit(v128.store32Lane(at, 32, v128.load(at, 0), 3));
      },
      Int32Array.of(0, 1, 2, 3, 4),
    );
    assert.deepEqual([...new Int32Array(memory, 0, 11)], [0, 1, 2, 3, 4, 4, 1, 2, 1, 4, 0]);
  });

  it('repeats, leaves out, compares, selects, and calls other functions', () => {
    const { memory, run } = instantiate(
      assembleModule(
        [
          // memory[p] += 1
          {
            parameters: 2,
            write(body, [at, step]) {
              body.emit(v128.store(at, 0, i32x4.add(v128.load(at, 0), v128.load32Splat(step, 0))));
            },
          },
          {
            parameters: 2,
            exported: 'run',
            write(body, [from, to]) {
              const at = body.variable('i32');
              at.set(from);
              body.repeat(
                () => {
                  body.unless(i32.ge(at.get, i32.const(96)), () => body.emit(call(0, at.get, i32.const(0))));
                  at.set(i32.add(at.get, i32.const(16)));
                },
                () => i32.lt(at.get, to),
              );
              const chosen = body.keep(i32.select(i32.const(160), i32.const(176), i32.lt(from, to)), 'i32');
              body.emit(v128.store(i32.sub(chosen, i32.const(16)), 0, v128.load(i32.load(i32.const(4), 0), 0)));
            },
          },
        ],
        1,
      ),
    );
    const values = new Int32Array(memory);
    values.set([1, 16]);
    run(32, 128);
    // Vectors 2 to 5 were raised; 6 and 7 lie at 96 and above; vector 1 went to 144.
    const expected = [1, 16, 0, 0, ...Array(4).fill(0), ...Array(16).fill(1), ...Array(16).fill(0)];
    assert.deepEqual([...values.subarray(0, 40)], expected);
    run(64, 64);
    assert.deepEqual([...values.subarray(16, 20)], [2, 2, 2, 2], 'a loop runs at least once');
    values[4] = 77;
    run(96, 97);
    assert.equal(values[36], 77);
    run(98, 97);
    assert.equal(values[40], 77);
  });

  it('loads 64 bits into both halves or into the first', () => {
    const memory = runBody(
      (body) => {
        body.emit(v128.store(i32.const(0), 16, v128.load64Splat(i32.const(8), 0)));
        body.emit(v128.store(i32.const(0), 32, v128.load64Zero(i32.const(0), 8)));
      },
      Int32Array.of(1, 2, 3, 4, 0, 0, 0, 0, 7, 7, 7, 7),
    );
    assert.deepEqual([...new Int32Array(memory, 16, 8)], [3, 4, 3, 4, 3, 4, 0, 0]);
  });

  it('encodes constants of any length', () => {
    for (const value of [0, 63, 64, -64, -65, 127, 128, 8191, 8192, -8193, 2 ** 31 - 1, -(2 ** 31)]) {
      const memory = runBody((body) => {
        const wanted = body.keep(i32.sub(i32.const(value), i32.load(i32.const(0), 0)), 'i32');
        body.unless(wanted, () => body.emit(v128.store(i32.const(16), 0, i32x4.const(1))));
      }, Int32Array.of(value));
      assert.equal(new Int32Array(memory)[4], 1, String(value));
    }
    assert.throws(() => i32.const(2 ** 31), /internal/);
    assert.throws(() => v128.load([], -1), /internal/);
  });
});
