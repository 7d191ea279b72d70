/** @file How sessions of ONNX Runtime are set up, wherever they are. */
import type * as Ort from 'onnxruntime-node';

export interface SessionSettings {
  readonly device: string;
  readonly threads: number;
  /** Threads wait for each other by spinning, during a run and for a moment after it. */
  readonly spins?: boolean;
  /** Outputs that are left on a WebGPU device. */
  readonly staysOnDevice?: readonly string[];
}

export const sessionOptions = ({
  device,
  threads,
  spins = false,
  staysOnDevice = [],
}: SessionSettings): Ort.InferenceSession.SessionOptions & { extra: { session: object } } => ({
  executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // A plan of all memory, made in the first run, would be laid out beside what that run has taken: a third more.
  enableMemPattern: false,
  logSeverityLevel: 4,
  preferredOutputLocation: Object.fromEntries(staysOnDevice.map((name) => [name, 'gpu-buffer'])),
  // Flushing denormals keeps the speed when gradients fade. In training, threads that sleep leave the cores to the
  // loader; they wake up too late for the products of one utterance, which take a tenth of a millisecond.
  extra: { session: { set_denormal_as_zero: '1', intra_op: { allow_spinning: spins ? '1' : '0' } } },
});

/** Settings that write the model as it is run, with weights as products want them, for others to load as it is. */
export function packingOptions(path: string, weights: string): Ort.InferenceSession.SessionOptions {
  const { extra, ...options } = sessionOptions({ device: 'cpu', threads: 1 });
  const session = {
    ...extra.session,
    optimized_model_external_initializers_file_name: weights,
    save_external_prepacked_constant_initializers: '1',
  };
  return { ...options, optimizedModelFilePath: path, extra: { session } };
}
