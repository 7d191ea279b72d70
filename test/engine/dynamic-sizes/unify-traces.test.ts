/**
 * One session for every batch and length: equal to a session compiled for that size, for programs that use their
 * sizes in shapes and numbers; and refused, with the reason, for programs that one graph cannot express.
 */
import assert from 'node:assert/strict';
import { createEngine } from '../../../src/engine/create-engine.js';
import type { HostTensors } from '../../../src/engine/program/host-tensor.js';
import type { Engine, Program, TensorSpecs } from '../../../src/engine/program/program.js';
import { convolvePlanes } from '../../../src/engine/trace/extensions.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { positionalEncoding } from '../../../src/nn/positional-encoding.js';
import { assertAllClose } from '../assert-close.js';
import { integers, normal } from '../random-tensors.js';

/** Batches and lengths far from those traced (3 to 7, 211 to 422), down to the smallest. */
const sizes = [
  { B: 1, T: 2 },
  { B: 1, T: 3 },
  { B: 2, T: 7 },
  { B: 9, T: 50 },
  { B: 1, T: 1500 },
  { B: 4, T: 211 },
];

interface Row {
  readonly name: string;
  /** Gets x [B, T, 4]; the parameter w is [4, 4]. */
  readonly program: (x: Tensor, w: Tensor) => Tensor | Tensor[];
  readonly tolerance?: number;
}

const batchOf = (x: Tensor) => x.shape[0];
const lengthOf = (x: Tensor) => x.shape[1]!;

const shapes: Row[] = [
  { name: 'nothing of its sizes', program: (x) => tf.tanh(x) },
  { name: 'a flattened batch', program: (x) => tf.reshape(x, [batchOf(x) * lengthOf(x), 4]) },
  { name: 'swapped axes', program: (x) => tf.transpose(x, [1, 0, 2]) },
  { name: 'rows in another order of axes', program: (x) => tf.reshape(x, [lengthOf(x), batchOf(x), 4]) },
  { name: 'three axes that are computed', program: (x) => tf.reshape(x, [2, lengthOf(x), 2 * batchOf(x)]) },
  { name: 'a slice without the first frame', program: (x) => tf.slice(x, [0, 1, 0], [-1, lengthOf(x) - 1, -1]) },
  { name: 'the last frame', program: (x) => tf.slice(x, [0, lengthOf(x) - 1, 0], [-1, 1, -1]) },
  {
    name: 'a slice of a table',
    program: (x) => tf.add(x, tf.reshape(tf.slice(tf.tensor1d(table), [0], [lengthOf(x)]), [-1, 1])),
  },
  {
    name: 'padding',
    program: (x) =>
      tf.pad(x, [
        [0, 0],
        [2, 1],
        [0, 0],
      ]),
  },
  {
    name: 'padding to twice the length',
    program: (x) =>
      tf.pad(x, [
        [0, 0],
        [0, lengthOf(x)],
        [0, 0],
      ]),
  },
  {
    name: 'a reflection',
    program: (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [1, 1],
          [0, 0],
        ],
        'reflect',
      ),
  },
  { name: 'a split length', program: (x) => tf.split(x, [1, lengthOf(x) - 1], 1) },
  { name: 'frames joined with zeros', program: (x) => tf.concat([x, tf.zeros([batchOf(x), 2, 4])], 1) },
  {
    name: 'zeros of the length squared',
    program: (x) => tf.add(tf.zeros([batchOf(x), lengthOf(x), lengthOf(x)]), tf.slice(x, [0, 0, 0], [-1, -1, 1])),
  },
  { name: 'tiles', program: (x) => tf.tile(tf.slice(x, [0, 0, 0], [-1, 1, -1]), [1, lengthOf(x), 1]) },
  { name: 'a reversal', program: (x) => tf.reverse(x, 1) },
  {
    name: 'sums over time and batch',
    program: (x) => [tf.sum(x, 1), tf.mean(x, [0, 1]), tf.max(x, 1, true), tf.mean(x)],
    tolerance: 1e-5,
  }, // sums of 6000 numbers
  {
    name: 'attention over time',
    program: (x) =>
      tf.matMul(
        tf.softmax(tf.matMul(x as tf.Tensor3D, x as tf.Tensor3D, false, true)) as tf.Tensor3D,
        x as tf.Tensor3D,
      ),
    tolerance: 1e-5, // exponentials of scores around 20, whose last digit is 2e-6
  },
  { name: 'positions', program: (x) => tf.add(x, positionalEncoding(lengthOf(x), 4)), tolerance: 1e-4 }, // sines of angles up to 1500, rounded by 1e-4
  {
    // Rounded up thrice: a formula of the length halved twice is wrong for some of the sizes.
    name: 'a mean of what strided convolutions leave',
    program: (x, w) => {
      const kernel = tf.reshape(w, [4, 4, 1, 1]);
      const planes = tf.reshape(tf.transpose(x, [2, 0, 1]), [4, batchOf(x), 1, lengthOf(x)]);
      const halve = (x: Tensor) => convolvePlanes(x, kernel, { strides: [1, 2], padding: [0, 0, 0, 0] });
      const left = halve(halve(halve(planes)));
      return tf.mul(tf.sum(left, 3), 1 / (left.shape[3]! + 1));
    },
    tolerance: 1e-5, // sums of up to 188 numbers, each a sum of sums
  },
  {
    name: 'a program of its output’s shape',
    program: (x) => {
      const y = tf.slice(x, [0, 1, 0], [-1, -1, -1]);
      return tf.add(y, tf.zeros(y.shape));
    },
  },
];

const table = Float32Array.from({ length: 5000 }, (_, t) => Math.sin(t));

const numbers: { name: string; value: (B: number, T: number) => number }[] = [
  { name: '1/T', value: (_, T) => 1 / T },
  { name: '1/(T − 1)', value: (_, T) => 1 / (T - 1) },
  { name: 'T', value: (_, T) => T },
  { name: '√T', value: (_, T) => Math.sqrt(T) },
  { name: '1/√T', value: (_, T) => 1 / Math.sqrt(T) },
  { name: '√(T − 1)', value: (_, T) => Math.sqrt(T - 1) },
  { name: '−√T', value: (_, T) => -Math.sqrt(T) },
  { name: '−1/√T', value: (_, T) => -1 / Math.sqrt(T) },
  { name: '−1/T', value: (_, T) => -1 / T },
  { name: 'T·B', value: (B, T) => T * B },
  { name: '1/(T·B)', value: (B, T) => 1 / (T * B) },
  { name: '1/B', value: (B) => 1 / B },
  { name: '0.1·T + 0.3', value: (_, T) => 0.1 * T + 0.3 },
  { name: '2·T + 1', value: (_, T) => 2 * T + 1 },
  { name: '1000 − T', value: (_, T) => 1000 - T },
];

const asProgram =
  (program: Row['program']): Program =>
  ({ x, w }) =>
    Object.fromEntries([program(x, w)].flat().map((tensor, i) => [`y${i}`, tensor]));

describe('one session for every size', () => {
  let onnx: Engine;
  let reference: Engine;
  before(async () => {
    onnx = await createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
    reference = await createEngine({ name: 'reference', device: 'cpu', threads: null });
  });
  const parameters = { w: normal(4, 4)('w') };
  const dynamic: TensorSpecs = { x: { shape: ['B', 'T', 4] } };

  async function check(program: Program, tolerance: number, inputs: HostTensors[]): Promise<void> {
    const inference = await onnx.compileInference({ program, inputs: dynamic, parameters });
    const eager = await reference.compileInference({ program, inputs: dynamic, parameters });
    for (const feed of inputs) assertAllClose(await inference.run(feed), await eager.run(feed), tolerance);
    await inference.dispose();
  }
  const feeds = sizes.map(({ B, T }) => ({ x: normal(B, T, 4)(`${B} ${T}`) }));

  for (const { name, program, tolerance = 1e-6 } of shapes) {
    it(`serves ${name}`, () => check(asProgram(program), tolerance, feeds));
  }

  for (const { name, value } of numbers) {
    it(`serves the number ${name}`, () =>
      // to 1e-6 of the largest result: the formula is exact but for float32 arithmetic
      check(
        asProgram((x) => tf.mul(tf.tanh(x), value(batchOf(x), lengthOf(x)))),
        1e-6,
        feeds,
      ));
    it(`serves a product scaled by ${name}, and with a bias`, () =>
      check(
        asProgram((x, w) => {
          const rows = tf.reshape(x, [-1, 4]) as tf.Tensor2D;
          const product = tf.mul(tf.matMul(rows, w as tf.Tensor2D), value(batchOf(x), lengthOf(x)));
          return tf.add(product, tf.tensor1d([1, 2, 3, 4]));
        }),
        2e-6,
        feeds,
      ));
  }

  it('equals sessions compiled for one size, bit for bit where the operators are the same', async () => {
    const program = asProgram((x, w) => tf.softmax(tf.matMul(tf.reshape(x, [-1, 4]) as tf.Tensor2D, w as tf.Tensor2D)));
    const any = await onnx.compileInference({ program, inputs: dynamic, parameters });
    for (const feed of feeds) {
      const one = await onnx.compileInference({ program, inputs: feed, parameters });
      assertAllClose(await any.run(feed), await one.run(feed), 0);
      await one.dispose();
    }
    await any.dispose();
  });

  it('serves int and bool constants whose shape varies', () => {
    const program: Program = ({ x }) => {
      const first = tf.slice(x, [0, 0, 0], [-1, 1, -1]);
      const threes = tf.fill([lengthOf(x), 1], 3, 'int32');
      const all = tf.fill([batchOf(x), lengthOf(x), 4], 1, 'bool');
      return { n: tf.add(tf.cast(first, 'int32'), threes), y: tf.logicalAnd(tf.greater(first, 0), all) };
    };
    return check(program, 1e-6, feeds);
  });

  it('serves int numbers', () =>
    check(
      asProgram((x) => tf.add(tf.cast(x, 'int32'), tf.scalar(lengthOf(x) + 1, 'int32'))),
      0,
      feeds,
    ));

  it('serves outputs that are constants or inputs', () =>
    check(
      asProgram((x) => [x, tf.scalar(lengthOf(x)), tf.zeros([lengthOf(x), 2]), tf.scalar(1.5), tf.neg(x)]),
      1e-6,
      feeds,
    ));

  it('serves two lengths of different inputs', async () => {
    const program: Program = ({ x, y }) => ({
      sum: tf.add(tf.div(tf.sum(x, 1), lengthOf(x)), tf.div(tf.sum(y, 1), lengthOf(y))),
      joined: tf.concat([x, y], 1),
    });
    const inputs: TensorSpecs = { x: { shape: ['B', 'T', 4] }, y: { shape: ['B', 'U', 4] } };
    const inference = await onnx.compileInference({ program, inputs, parameters: {} });
    const eager = await reference.compileInference({ program, inputs, parameters: {} });
    for (const [B, T, U] of [
      [1, 5, 9],
      [3, 100, 2],
    ]) {
      const feed = { x: normal(B, T, 4)('x'), y: normal(B, U, 4)('y') };
      assertAllClose(await inference.run(feed), await eager.run(feed), 1e-6);
    }
    await inference.dispose();
  });

  it('serves inputs of any name', async () => {
    const names = ['v0', 'v1', 'v2', 'size0', 'size_constant0', 'a/b.weight'];
    const program: Program = (inputs) => ({
      v3: tf.div(
        Object.values(inputs).reduce((sum, x) => tf.add(tf.tanh(sum), x)),
        inputs.v0.shape[0] + 1,
      ),
    });
    const inputs: TensorSpecs = Object.fromEntries(names.map((name) => [name, { shape: ['T', 2] }]));
    const feed = Object.fromEntries(names.map((name) => [name, normal(3, 2)(name)]));
    const inference = await onnx.compileInference({ program, inputs, parameters: {} });
    const eager = await reference.compileInference({ program, inputs, parameters: {} });
    assertAllClose(await inference.run(feed), await eager.run(feed), 1e-6);
    await inference.dispose();
  });

  it('has no output of an input’s name', () =>
    assert.rejects(onnx.compileInference({ program: ({ x }) => ({ x: tf.neg(x) }), inputs: dynamic, parameters }), {
      message: 'internal: the output x has the name of an input',
    }));

  it('serves int inputs', async () => {
    const program: Program = ({ i }) => ({ y: tf.sum(tf.oneHot(i, 5, 1, 0, 'float32'), 0) });
    const inputs: TensorSpecs = { i: { shape: ['T'], dtype: 'int32' } };
    const inference = await onnx.compileInference({ program, inputs, parameters: {} });
    const eager = await reference.compileInference({ program, inputs, parameters: {} });
    for (const T of [1, 40]) {
      const feed = { i: integers(0, 5, T)('i') };
      assertAllClose(await inference.run(feed), await eager.run(feed), 0);
    }
    await inference.dispose();
  });

  it('compiles several programs at once', async () => {
    const inferences = await Promise.all(
      [1, 2, 3].flatMap((factor) =>
        [onnx, reference].map((engine) =>
          engine.compileInference({
            program: asProgram((x) => tf.mul(tf.tanh(x), factor)),
            inputs: dynamic,
            parameters,
          }),
        ),
      ),
    );
    const outputs = await Promise.all(inferences.map((inference) => inference.run(feeds[0])));
    for (const i of [0, 2, 4]) assertAllClose(outputs[i], outputs[i + 1], 1e-6);
  });

  const prefix = 'the program depends on its input sizes in a way that one graph cannot express: ';
  const refused: (Row & { reason: RegExp })[] = [
    {
      name: 'branches on T',
      program: (x) => (lengthOf(x) > 300 ? tf.tanh(x) : tf.sigmoid(x)),
      reason: /the traces have Sigmoid, Tanh, Tanh at Sigmoid \[3,211,4\]$/,
    },
    {
      name: 'does more where T is large',
      program: (x) => (lengthOf(x) > 300 ? tf.tanh(tf.sigmoid(x)) : tf.sigmoid(x)),
      reason: /the traces have 1, 2, 2 operators$/,
    },
    {
      name: 'loops over T',
      program: (x) => {
        let y = x;
        for (let t = 0; t < lengthOf(x); t += 100) y = tf.tanh(y);
        return y;
      },
      reason: /the traces have 3, 4, 5 operators$/,
    },
    {
      name: 'branches between operands',
      program: (x) => {
        const [a, b] = [tf.tanh(x), tf.sigmoid(x)];
        return tf.sub(...((lengthOf(x) > 300 ? [a, b] : [b, a]) as [Tensor, Tensor]));
      },
      reason: /the operators are wired differently at Sub|the traces have/,
    },
    {
      name: 'branches between outputs',
      program: (x) => {
        const [a, b] = [tf.tanh(x), tf.sigmoid(x)];
        return lengthOf(x) > 300 ? [a, b] : [b, a];
      },
      reason: /the output y0 comes from different operators$/,
    },
    {
      name: 'multiplies by log T',
      program: (x) => tf.mul(tf.tanh(x), Math.log(lengthOf(x))),
      reason: /no formula gives the numbers 5\.35\d*,5\.71\d*,6\.01\d* at Mul \[3,211,4\]$/,
    },
    {
      name: 'multiplies by T / (T − 1)',
      program: (x) => tf.mul(tf.tanh(x), lengthOf(x) / (lengthOf(x) - 1)),
      reason: /no formula gives the numbers 1\.0047\d*,1\.0033\d*,1\.0024\d* at Mul \[3,211,4\]$/,
    },
    {
      name: 'has log T as an output',
      program: (x) => [tf.tanh(x), tf.scalar(Math.log(lengthOf(x)))],
      reason: /no formula gives the numbers 5\.35/,
    },
    {
      name: 'adds a table built from T',
      program: (x) =>
        tf.add(
          x,
          tf.tensor2d(
            Float32Array.from({ length: lengthOf(x) }, (_, t) => t / lengthOf(x)),
            [lengthOf(x), 1],
          ),
        ),
      reason: /a table of numbers differs between sizes \(slice it from one of full length\) at Add \[3,211,4\]$/,
    },
    {
      name: 'cuts at half of T, rounded',
      program: (x) => tf.slice(x, [0, 0, 0], [-1, Math.floor(lengthOf(x) / 2), -1]),
      reason: /no formula gives the sizes \[\[105,151,204\]\] at Slice \[3,105,4\]$/,
    },
  ];
  for (const { name, program, reason } of refused) {
    it(`is refused to a program that ${name}`, async () => {
      const compiling = onnx.compileInference({ program: asProgram(program), inputs: dynamic, parameters });
      await assert.rejects(compiling, ({ message }: Error) => {
        assert.ok(message.startsWith(prefix), message);
        assert.match(message, reason);
        return true;
      });
    });
  }
});
