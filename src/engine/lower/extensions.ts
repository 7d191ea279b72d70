/** @file Lowerings of acanet's own operations (`src/engine/trace/extensions.ts`) to fused ONNX operators. */
import { EXTENSION, type PlanePadding } from '../trace/extensions.js';
import { lower } from '../trace/trace-backend.js';
import { binary, broadcastShape, unary } from './elementwise.js';
import { reshape } from './shapes.js';

lower<{ epsilon: number }>(EXTENSION.normalizeLast, (graph, { x }, { epsilon }) => {
  const ones = graph.splat(1, [x.shape.at(-1)!], 'float32');
  const statistics = x.shape.with(-1, 1);
  const attributes = { axis: -1, epsilon: { float: epsilon } };
  const [normalized, , inverseDeviation] = graph.emitMany({ op: 'LayerNormalization', inputs: [x, ones], attributes }, [
    { shape: x.shape, dtype: 'float32' },
    { shape: statistics, dtype: 'float32' },
    { shape: statistics, dtype: 'float32' },
  ]);
  return [normalized, inverseDeviation];
});

// HardSigmoid is max(0, min(1, alpha·x + beta)): with ½ and ½ it halves and shifts erf in one pass …
lower(EXTENSION.normalCdf, (graph, { x }) => {
  const erf = unary(graph, 'Erf', binary(graph, 'Mul', x, graph.scalar(Math.SQRT1_2), 'float32'));
  const attributes = { alpha: { float: 0.5 }, beta: { float: 0.5 } };
  return graph.emit({ op: 'HardSigmoid', inputs: [erf], attributes }, x.shape);
});

// … and with a huge slope it is a step, several times as fast as Sign.
lower(EXTENSION.positiveMask, (graph, { x }) => {
  const attributes = { alpha: { float: 1e30 }, beta: { float: 0 } };
  return graph.emit({ op: 'HardSigmoid', inputs: [x], attributes }, x.shape);
});

lower<{ threshold: number; value: number }>(
  EXTENSION.hashMask,
  (graph, { rowKeys, columnKeys }, { threshold, value }) => {
    const rows = reshape(graph, rowKeys, [rowKeys.shape[0], 1]);
    const columns = reshape(graph, columnKeys, [1, columnKeys.shape[0]]);
    const hash = binary(graph, 'Mul', rows, columns, 'int32'); // wraps around at 32 bits, as Math.imul does
    const kept = binary(graph, 'Less', hash, graph.splat(threshold, [], 'int32'), 'bool');
    const shape = broadcastShape(rows.shape, columns.shape);
    return graph.emit({ op: 'Where', inputs: [kept, graph.scalar(value), graph.scalar(0)] }, shape);
  },
);

lower<{ length: number }>(EXTENSION.averageSegments, (graph, { x }, { length }) => {
  const attributes = { kernel_shape: [length], strides: [length], ceil_mode: 1 };
  const shape = x.shape.with(-1, Math.ceil(x.shape.at(-1)! / length));
  return graph.emit({ op: 'AveragePool', inputs: [x], attributes }, shape);
});

/**
 * One image of three axes, the batch as its depth: so the batch may stay the second axis. A single utterance is an
 * image of two axes, for which ONNX Runtime has a faster layout where the weights are constant.
 */
lower<{ strides: readonly number[]; padding: PlanePadding }>(
  EXTENSION.convolvePlanes,
  (graph, { x, weight }, { strides, padding: [top, left, bottom, right] }) => {
    const [channels, batch, height, width] = x.shape;
    const [outputs, , ...kernel] = weight.shape;
    const size = [height + top + bottom, width + left + right].map(
      (padded, axis) => Math.floor((padded - kernel[axis]) / strides[axis]) + 1,
    );
    const single = batch === 1;
    const depth = single ? [] : [1];
    const attributes = {
      strides: [...depth, ...strides],
      pads: single ? [top, left, bottom, right] : [0, top, left, 0, bottom, right],
    };
    const image = reshape(graph, x, [1, channels, ...(single ? [] : [batch]), height, width]);
    const kernels = reshape(graph, weight, [outputs, channels, ...depth, ...kernel]);
    const shape = [1, outputs, ...(single ? [] : [batch]), ...size];
    const convolved = graph.emit({ op: 'Conv', inputs: [image, kernels], attributes }, shape);
    return reshape(graph, convolved, [outputs, batch, ...size]);
  },
);
