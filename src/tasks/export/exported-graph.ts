/**
 * @file A model as an ONNX file that stands alone: features or samples in, embedding out, of any length.
 *
 * Normalisation is part of the graph, and with `input: audio` the features too. The model's own graph is the one that
 * `acanet embed` runs, in ONNX's own operators.
 */
import { foldConstants } from '../../engine/fold-constants.js';
import { traceInference } from '../../engine/inference-graph.js';
import type { Port } from '../../engine/onnx/encode.js';
import { encodeOnnx } from '../../engine/onnx/encode.js';
import { type QuantizedWeights, quantizeWeights } from '../../engine/passes/quantize-weights.js';
import { removeDeadNodes, replaceValues } from '../../engine/passes/rewrite.js';
import { useRangeForTables } from '../../engine/passes/range-for-table.js';
import { useStandardOperators } from '../../engine/passes/standard-operators.js';
import type { TensorMap } from '../../engine/program/program.js';
import * as tf from '../../engine/tfjs.js';
import type { Value } from '../../engine/trace/graph.js';
import type { FeatureOptions } from '../../features/options.js';
import { evaluatedTensors } from '../../models/embedder.js';
import type { LoadedModel } from '../../models/model-folder.js';
import { featureGraph } from './feature-graph.js';
import { createGraphWriter, type GraphWriter } from './graph-writer.js';
import { normalizationGraph } from './normalization-graph.js';

/** What an exported file takes: features [N, T, values] that are not normalised, or samples [1, samples] in −1 … 1. */
export const exportInputs = ['fbank', 'audio'] as const;
export type ExportInput = (typeof exportInputs)[number];

export interface GraphOptions {
  readonly input: ExportInput;
  /** Weights as 8-bit integers. */
  readonly int8?: boolean;
  /** Adds an output `attention:LAYER` [1, T] for each layer that attends to frames: the mean over its rows. */
  readonly attention?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ExportedGraph {
  readonly bytes: Uint8Array;
  readonly input: Port;
  readonly outputs: readonly Port[];
  readonly quantized?: QuantizedWeights;
}

/** The name of the output that has a layer's attention. */
export const attentionOutput = (layer: string): string => `attention:${layer}`;

export async function exportGraph(
  { speakerModel, tensors, features, globalMean }: LoadedModel,
  { input, int8 = false, attention = false, metadata }: GraphOptions,
): Promise<ExportedGraph> {
  const batch = input === 'audio' || attention ? 1 : 'N';
  const { graph, outputs } = traceInference({
    program: ({ features: given, ...state }) => {
      const maps: TensorMap = {};
      const onAttention = ({ name }: { name: string }, weights: tf.Tensor) => {
        maps[attentionOutput(name)] = tf.mean(weights, 1); // [1, T]
      };
      const embedding = speakerModel.embed(state, given, attention ? { onAttention } : {});
      return { embedding, ...maps };
    },
    inputs: { features: { shape: [batch === 'N' ? 'B' : 1, 'T', speakerModel.bins] } },
    parameters: evaluatedTensors(tensors),
  });
  useStandardOperators(graph);
  useRangeForTables(graph);
  await foldConstants(graph);
  const quantized = int8 ? quantizeWeights(graph) : undefined;
  const port: Port =
    input === 'audio'
      ? { name: 'samples', shape: [1, 'samples'], dtype: 'float32' }
      : { name: 'features', shape: [batch, 'T', speakerModel.bins], dtype: 'float32' };
  const write = createGraphWriter('front_');
  const given = write.graph.input(port.name, port.shape.map(() => 1), 'float32'); // prettier-ignore
  const normalized = frontEnd(write, given, { input, features: features as FeatureOptions | undefined, globalMean });
  replaceValues(graph, new Map([[graph.inputs[0], normalized]]));
  graph.nodes = [...write.graph.nodes, ...graph.nodes];
  graph.inputs = [given];
  removeDeadNodes(graph);
  const named = outputs.map(({ shape, ...rest }) => ({ ...rest, shape: shape.map((size) => (size === 'B' ? 'N' : size)) })); // prettier-ignore
  return {
    bytes: encodeOnnx(graph, { inputs: [port], outputs: named, metadata }),
    input: port,
    outputs: named,
    ...(quantized && { quantized }),
  };
}

interface FrontEnd {
  input: ExportInput;
  features?: FeatureOptions;
  globalMean?: readonly number[];
}

/** From the file's input to what the model takes. */
function frontEnd(write: GraphWriter, given: Value, { input, features, globalMean }: FrontEnd): Value {
  if (!features) return given;
  const values = input === 'audio' ? featureGraph(write, given, features) : given;
  return normalizationGraph(write, values, { mode: features.normalize, globalMean });
}
