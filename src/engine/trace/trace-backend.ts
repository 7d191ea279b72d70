/**
 * @file A TensorFlow.js backend that records instead of computing.
 *
 * While a program is traced, every tensor stands for a value of the graph under construction and every kernel call
 * adds nodes to it (`src/engine/lower/`). Nothing is computed, so a program must not read a tensor's values.
 * Shapes are those of one assignment of sizes; `dynamic.ts` unifies several traces for sizes that vary.
 */
import { internal } from '../../errors.js';
import * as tf from '../tfjs.js';
import type { DType, HostTensors } from '../program/host-tensor.js';
import type { Program, TensorMap } from '../program/program.js';
import type { Graph, GraphData, Value } from './graph.js';
import { withBackend } from '../program/with-backend.js';
import { constantData, GraphBuilder } from './graph.js';

export const TRACE_BACKEND = 'acanet-trace';

/** What a lowering gets: the kernel's inputs as values, its attributes, and the graph to add to. */
export type KernelInputs = Record<string, Value>;
export type Lowering<Attrs> = (graph: GraphBuilder, inputs: KernelInputs, attrs: Attrs) => Value | Value[];

let current: GraphBuilder | undefined;

function graphUnderTrace(): GraphBuilder {
  if (!current) throw internal('a kernel of the tracing backend was called outside a trace');
  return current;
}

class TraceBackend extends tf.KernelBackend {
  private readonly values = new tf.DataStorage<Value>(this, tf.engine());

  put(value: Value): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.dtype as DType };
  }

  get(info: tf.TensorInfo): Value {
    return this.values.get(info.dataId);
  }

  override write(values: tf.BackendValues, shape: number[], dtype: DType): tf.DataId {
    const Typed = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype];
    const data = (values instanceof Typed ? values : Typed.from(values as Float32Array)) as GraphData;
    const dataId = {};
    this.values.set(dataId, graphUnderTrace().constant(data, [...shape], dtype));
    return dataId;
  }

  override move(dataId: tf.DataId, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    this.values.set(dataId, graphUnderTrace().constant(values as GraphData, [...shape], dtype as DType));
  }

  override readSync(dataId: tf.DataId): tf.BackendValues {
    const value = this.values.get(dataId);
    if (!value.constant) {
      throw new Error(`the program reads the values of a tensor [${value.shape}] while it is traced${callSite()}`);
    }
    return constantData(value) as Float32Array;
  }

  override read(dataId: tf.DataId): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override numDataIds(): number {
    return this.values.numDataIds();
  }

  override disposeData(): boolean {
    return true;
  }

  override incRef(): void {}

  override refCount(): number {
    return 1;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {}
}

const backend = new TraceBackend();
tf.registerBackend(TRACE_BACKEND, () => backend, 0);

const lowered = new Set<string>();

/** The kernels that have a lowering. */
export const loweredKernels = (): string[] => [...lowered];

/** Says how a TensorFlow.js kernel is written in ONNX. */
export function lower<Attrs = Record<string, never>>(kernelName: string, lowering: Lowering<Attrs>): void {
  register(kernelName, lowering);
  lowered.add(kernelName);
}

function register<Attrs>(kernelName: string, lowering: Lowering<Attrs>): void {
  tf.registerKernel({
    kernelName,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, attrs }) => {
      const values = Object.fromEntries(
        Object.entries(inputs)
          .filter(([, info]) => info !== null && info !== undefined)
          .map(([name, info]) => [name, backend.get(info as tf.TensorInfo)]),
      );
      const result = lowering(graphUnderTrace(), values, (attrs ?? {}) as Attrs);
      return Array.isArray(result) ? result.map((value) => backend.put(value)) : backend.put(result);
    },
  });
}

/** Kernels that TensorFlow.js has and we do not lower: each is an error naming kernel, shapes and model code. */
export function refuseOtherKernels(): void {
  const kernelNames = Object.entries(tf as unknown as Record<string, unknown>)
    .filter(([name, value]) => typeof value === 'string' && /^(_?[A-Z]|_Fused|Fused)/.test(name))
    .map(([, value]) => value as string);
  for (const kernelName of new Set(kernelNames)) {
    if (lowered.has(kernelName)) continue;
    register(kernelName, (_graph, inputs) => {
      const shapes = Object.entries(inputs).map(([name, { shape, dtype }]) => `${name} ${dtype}[${shape}]`);
      throw new Error(
        `the onnx engine has no lowering for the TensorFlow.js kernel ${[kernelName, shapes.join(', ')].filter(Boolean).join(' of ')}${callSite()}\n` +
          'write it with other operations, add a lowering in src/engine/lower, or use --engine reference',
      );
    });
  }
}

/** The error of a kernel with options that its lowering does not know; `what` follows "the onnx engine". */
export const unsupported = (what: string): Error => new Error(`the onnx engine ${what}${callSite()}`);

/** ", called at FILE:LINE" for the innermost frame outside TensorFlow.js and the engine. */
function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const frame = frames.find((line) => !/[\\/]src[\\/]engine[\\/]|node:internal/.test(line));
  const place = frame && /\(?((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/.exec(frame.trim());
  return place ? `, called at ${place[1].replace(/^file:\/\//, '')}` : '';
}

export interface TraceInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/**
 * Runs `program` once under the tracing backend.
 * @param inputs become graph inputs, in this order
 * @param constants become constants of the graph
 */
export function traceProgram(program: Program, inputs: readonly TraceInput[], constants: HostTensors = {}): Graph {
  const graph = new GraphBuilder();
  const outputs: Graph['outputs'] = [];
  const engine = tf.engine();
  // NOTE: nothing is returned from tidy: tfjs walks a returned container, which takes seconds on large graphs.
  const record = () => {
    const tensors: TensorMap = {};
    for (const { name, shape, dtype } of inputs) {
      tensors[name] = engine.makeTensorFromTensorInfo(backend.put(graph.input(name, shape, dtype)));
    }
    for (const [name, { shape, dtype, data }] of Object.entries(constants)) {
      tensors[name] = engine.makeTensorFromTensorInfo(backend.put(graph.constant(data, shape, dtype)));
    }
    for (const [name, tensor] of Object.entries(program(tensors))) outputs.push({ name, value: backend.get(tensor) });
  };
  current = graph;
  try {
    withBackend(TRACE_BACKEND, () => {
      tf.tidy(record);
    });
  } finally {
    current = undefined;
  }
  return { inputs: graph.inputs, nodes: graph.nodes, outputs };
}
