/** @file What the tests of the graph passes share: tracing a program, counting operators, comparing engines. */
import { createEngine } from '../../../src/engine/create-engine.js';
import type { HostTensors } from '../../../src/engine/program/host-tensor.js';
import { removeDeadNodes } from '../../../src/engine/passes/rewrite.js';
import type { Program } from '../../../src/engine/program/program.js';
import type { Graph } from '../../../src/engine/trace/graph.js';
import { traceProgram } from '../../../src/engine/trace/trace-backend.js';
import { assertAllClose } from '../assert-close.js';

/** The program's graph before any fold. */
export function trace(program: Program, inputs: HostTensors): Graph {
  const ports = Object.entries(inputs).map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  const graph = traceProgram(program, ports);
  removeDeadNodes(graph);
  return graph;
}

/** The operators that compute: reshapes left out, each with its number of inputs, such as `Gemm/3`. */
export const operators = (graph: Graph): string[] =>
  graph.nodes.filter(({ op }) => op !== 'Reshape').map(({ op, inputs }) => `${op}/${inputs.length}`);

/** Checks that the compiled engine, with all its passes, gives what the reference engine gives. */
export async function checkResults(program: Program, inputs: HostTensors): Promise<void> {
  const [actual, expected] = await Promise.all(
    (['onnx', 'reference'] as const).map(async (name) => {
      const engine = await createEngine({ name, device: 'cpu', threads: 1 });
      const inference = await engine.compileInference({ program, inputs, parameters: {} });
      const outputs = await inference.run(inputs);
      await inference.dispose();
      return outputs;
    }),
  );
  assertAllClose(actual, expected, 1e-6); // a few roundings to float32 of sums of a few numbers
}
