/**
 * @file A step of which one call of ONNX Runtime computes several: the state is handed over once in so many steps.
 *
 * The step's graph is the body of ONNX's Scan (`onnx/encode-scan.ts`). On a GPU the state crosses the bus once in a
 * call, and in any case there are fewer calls. ONNX Runtime simplifies the body in another way than the graph alone,
 * so that last bits may differ from single steps; how many steps a call has makes no difference.
 */
import type * as Ort from 'onnxruntime-node';
import { internal } from '../errors.js';
import { requireInput } from './inference-graph.js';
import { encodeScan, scanName } from './onnx/encode-scan.js';
import { copiesOf, emptyData, emptyTensor, type StepRuntime, toHost } from './ort-tensors.js';
import { sizeOf, type DType, type HostData, type HostTensors } from './program/host-tensor.js';
import type { Step, StepDefinition } from './program/program.js';
import { runInPlace } from './run-in-place.js';
import { type FixedPort, traceStep } from './step-graph.js';

type Feed = Readonly<Record<string, HostData>>;

/** NOTE: what runs later keeps nothing of the definition, whose initial state may be as large as the state itself. */
export async function createOnnxScanStep(definition: StepDefinition, runtime: StepRuntime): Promise<Step> {
  const { state, held = {}, stepsPerCall = 1 } = definition;
  const { graph, inputs, ...ports } = traceStep(definition);
  const results = graph.outputs
    .filter(({ name }) => !(name in state))
    .map(({ name, value }) => ({ name, shape: value.shape, dtype: value.dtype as DType }));
  const session = await runtime.createSession(encodeScan(graph, { ...ports, inputs, results }));
  const { toOrt } = runtime;
  const buffersOf = () =>
    new Map(ports.state.map(({ name, shape, dtype }) => [name, toOrt(dtype, copyData(state[name].data), shape)]));
  return scanStep(
    {
      session,
      inputs,
      results,
      held: Object.entries(held).map(([name, { dtype, data, shape }]) => [name, toOrt(dtype, data, shape)]),
      stepsPerCall,
      current: buffersOf(),
      next: buffersOf(),
    },
    runtime,
  );
}

const copyData = (data: HostData) => data.slice() as HostData;

interface CompiledScan {
  readonly session: Ort.InferenceSession;
  readonly inputs: readonly FixedPort[];
  readonly results: readonly FixedPort[];
  readonly held: readonly [string, Ort.Tensor][];
  readonly stepsPerCall: number;
  readonly current: Map<string, Ort.Tensor>;
  readonly next: Map<string, Ort.Tensor>;
}

function scanStep({ session, inputs, results, held, stepsPerCall, ...buffers }: CompiledScan, runtime: StepRuntime) {
  const { toOrt } = runtime;
  let { current, next } = buffers;
  const call = async (steps: readonly Feed[]): Promise<HostTensors[]> => {
    const feeds: Record<string, Ort.Tensor> = Object.fromEntries(held);
    for (const port of inputs) {
      const data = stack(steps, port);
      feeds[scanName.all(port.name)] = toOrt(port.dtype, data, [steps.length, ...port.shape]);
    }
    const stacked = Object.fromEntries(
      results.map(({ name, dtype, shape }) => [name, emptyTensor({ dtype, shape: [steps.length, ...shape] }, runtime)]),
    );
    const fetches: Record<string, Ort.Tensor> = {};
    for (const [name, tensor] of Object.entries(stacked)) fetches[scanName.each(name)] = tensor;
    for (const [name, tensor] of current) feeds[scanName.old(name)] = tensor;
    for (const [name, tensor] of next) fetches[scanName.new(name)] = tensor;
    await runInPlace(session, feeds, fetches);
    [current, next] = [next, current];
    return steps.map((_, step) => sliceOf(toHost(Object.entries(stacked)), step));
  };
  const step: Step = {
    async run(feed) {
      const [outputs] = await call([feed]);
      return outputs;
    },
    async runAll(feeds) {
      const outputs: HostTensors[] = [];
      for (let start = 0; start < feeds.length; start += stepsPerCall) {
        outputs.push(...(await call(feeds.slice(start, start + stepsPerCall))));
      }
      return outputs;
    },
    async readState(names = [...current.keys()]) {
      return Promise.resolve(copiesOf(names.map((name) => [name, current.get(name)!])));
    },
    dispose: () => session.release(),
  };
  return step;
}

/** The steps' values of one input, one after the other. */
function stack(steps: readonly Feed[], { name, shape, dtype }: FixedPort): HostData {
  const size = sizeOf(shape);
  const all = emptyData(dtype, steps.length * size);
  for (const [step, feed] of steps.entries()) {
    const data = requireInput(feed, name);
    if (data.length !== size) throw internal(`input ${name} needs ${size} values, got ${data.length}`);
    all.set(data, step * size);
  }
  return all;
}

/** What one step reported, of tensors with the steps on the first axis. */
const sliceOf = (stacked: HostTensors, step: number): HostTensors =>
  Object.fromEntries(
    Object.entries(stacked).map(([name, { dtype, shape, data }]) => {
      const size = sizeOf(shape.slice(1));
      return [name, { dtype, shape: shape.slice(1), data: data.subarray(step * size, (step + 1) * size) as HostData }];
    }),
  );
