/** @file Which engines work on this machine, found by trying them. */
import { messageOf, UserError } from '../errors.js';
import { createEngine, engineChoices, type EngineOptions } from './create-engine.js';
import { float32 } from './program/host-tensor.js';
import * as tf from './tfjs.js';

export interface EngineDescription {
  readonly engine: EngineOptions['name'];
  readonly device: EngineOptions['device'];
  readonly works: boolean;
  /** What it computes on, or why it does not work and what to do. */
  readonly remark: string;
}

/** What ONNX Runtime tells its makers, once an engine has been made. */
export function describeTelemetry(): string {
  const setting = process.env.ORT_DISABLE_TELEMETRY;
  return setting === '1' ? 'off (ORT_DISABLE_TELEMETRY=1)' : `as you chose (ORT_DISABLE_TELEMETRY=${setting})`;
}

/** Runs a small product. @throws UserError where the engine or the device does not work here */
export async function tryEngine(options: EngineOptions): Promise<void> {
  const engine = await createEngine(options);
  const inference = await engine.compileInference({
    program: ({ x }) => ({ y: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D) }),
    inputs: { x: { shape: [2, 2] } },
    parameters: {},
  });
  const { y } = await inference.run({ x: float32([2, 2], Float32Array.of(1, 1, 0, 1)) });
  await inference.dispose();
  if (Array.from(y.data).join() !== '1,2,0,1') throw new UserError(`computes wrong values: ${y.data}`);
}

/** Every engine on every device, tried. */
export async function describeEngines(): Promise<EngineDescription[]> {
  const descriptions: EngineDescription[] = [];
  for (const { name, device } of engineChoices) {
    try {
      await tryEngine({ name, device, threads: null });
      descriptions.push({ engine: name, device, works: true, remark: 'works' });
    } catch (error) {
      descriptions.push({ engine: name, device, works: false, remark: messageOf(error).split('\n')[0] });
    }
  }
  return descriptions;
}
