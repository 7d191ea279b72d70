/** @file Whether an engine works here, found by running a small product. */
import { UserError } from '../errors.js';
import { createEngine, type EngineOptions } from './create-engine.js';
import { float32 } from './program/host-tensor.js';
import * as tf from './tfjs.js';

/**
 * Runs a small product.
 * @returns what it computes on, in words, where they are worth a word
 * @throws UserError where the engine or the device does not work here
 */
export async function tryEngine(options: EngineOptions): Promise<string> {
  const engine = await createEngine(options);
  const inference = await engine.compileInference({
    program: ({ x }) => ({ y: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D) }),
    inputs: { x: { shape: [2, 2] } },
    parameters: {},
  });
  const { y } = await inference.run({ x: float32([2, 2], Float32Array.of(1, 1, 0, 1)) });
  await inference.dispose();
  if (Array.from(y.data).join() !== '1,2,0,1') throw new UserError(`computes wrong values: ${y.data}`);
  return engine.computesOn ?? '';
}
