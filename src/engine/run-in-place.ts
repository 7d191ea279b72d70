/**
 * @file Runs whose outputs are all written into memory that they are handed, and copied nowhere.
 *
 * onnxruntime-node copies every output into new memory after a run, those too that ONNX Runtime has just written into
 * memory of ours. Of a step with its state these are hundreds of megabytes, found and copied by one thread. It does so in
 * the order of the outputs, and ends with an error at one that JavaScript cannot be given. So the first output of these
 * models is an empty sequence (`writesInPlace` in `onnx/encode.ts`), and that error is how a run ends. Should a later
 * version of it give sequences, or none, nothing but time would be lost.
 */
import type * as Ort from 'onnxruntime-node';
import { messageOf } from '../errors.js';
import { NOT_GIVEN } from './onnx/encode.js';

/** @param outputs where each of them goes */
export async function runInPlace(
  session: Ort.InferenceSession,
  feeds: Record<string, Ort.Tensor>,
  outputs: Record<string, Ort.Tensor>,
): Promise<void> {
  try {
    await session.run(feeds, { [NOT_GIVEN]: null, ...outputs });
  } catch (thrown) {
    if (!messageOf(thrown).startsWith('Non tensor type')) throw thrown;
  }
}
