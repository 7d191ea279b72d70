/** @file How sessions of ONNX Runtime are set up, wherever they are. */
import type * as Ort from 'onnxruntime-node';

export const sessionOptions = ({
  device,
  threads,
}: {
  device: string;
  threads: number;
}): Ort.InferenceSession.SessionOptions => ({
  executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // A plan of all memory, made in the first run, would be laid out beside what that run has taken: a third more.
  enableMemPattern: false,
  logSeverityLevel: 4,
  // Flushing denormals keeps the speed when gradients fade; idle threads that do not spin leave the cores to the
  // loader.
  extra: { session: { set_denormal_as_zero: '1', intra_op: { allow_spinning: '0' } } },
});
