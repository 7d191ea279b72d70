/** @file One row of the lowerings' tables: a small program that calls a kernel in one way. */
import type { Tensor } from '../../../src/engine/tfjs.js';
import type { RandomTensor } from '../random-tensors.js';

export interface LoweringCase {
  /** The kernel under test, by TensorFlow.js's name. */
  readonly kernel: string;
  /** What is special about the case. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, RandomTensor>>;
  readonly program: (inputs: Record<string, Tensor>) => Tensor | Tensor[];
  /** Of the largest difference over max(1, largest magnitude). */
  readonly tolerance?: number;
}

/** Two operands whose shapes need broadcasting, or not. */
export const OPERAND_SHAPES: readonly { name: string; a: number[]; b: number[] }[] = [
  { name: 'equal shapes', a: [2, 3], b: [2, 3] },
  { name: 'a row on the right', a: [2, 3], b: [3] },
  { name: 'a row on the left', a: [3], b: [2, 3] },
  { name: 'a column and a row', a: [2, 1], b: [1, 3] },
  { name: 'a middle axis', a: [2, 1, 3], b: [2, 4, 1] },
  { name: 'a last axis of size 1', a: [2, 3, 1], b: [3, 1] },
  { name: 'a last axis of size 1 and a scalar', a: [2, 3, 1], b: [] },
  { name: 'last axes of size 1 only', a: [4, 1, 1], b: [1, 1] },
  { name: 'a scalar on the right', a: [2, 3], b: [] },
  { name: 'a scalar on the left', a: [], b: [2, 3] },
  { name: 'two scalars', a: [], b: [] },
];
