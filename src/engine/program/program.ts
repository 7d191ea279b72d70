/**
 * @file What an engine runs: pure functions over named tensors.
 *
 * A *program* maps named tensors to named tensors with plain TensorFlow.js code and holds no state of its own.
 * A *step* carries state from one run to the next (parameters, running statistics, optimiser slots): for every state
 * name the program returns the new value under the same name. An *inference* freezes its parameters and takes inputs
 * whose symbolic sizes (`'B'`, `'T'`) may differ in every run.
 */
import type { Tensor } from '../tfjs.js';
import type { DType, HostData, HostTensors } from './host-tensor.js';

export type TensorMap = Record<string, Tensor>;
export type Program = (inputs: TensorMap) => TensorMap;

/** An input's shape, with letters for sizes that are not fixed, and its type (default float32). */
export interface TensorSpec {
  readonly shape: readonly (number | string)[];
  readonly dtype?: DType;
}
export type TensorSpecs = Record<string, TensorSpec>;

export interface StepDefinition {
  /** Gets inputs and state together; returns new state (same names) and outputs. */
  readonly program: Program;
  /** Fixed shapes only. */
  readonly inputs: TensorSpecs;
  /** The initial state; its tensors are copied, never changed. */
  readonly state: HostTensors;
  /** Inputs that are the same in every run. */
  readonly held?: HostTensors;
  /**
   * How many steps one call of the library may compute, 1 if absent: state is then handed over once in so many steps.
   * More than 1 lets the library simplify the step in another way, so that last bits may differ from those of 1. Where
   * the state stays on the device, it is never handed over, and each step is a call of its own.
   */
  readonly stepsPerCall?: number;
}

/** A compiled step with its state. One call at a time: the next waits for what the last has promised. */
export interface Step {
  /** Runs once: state advances, the program's other outputs are returned. They are valid until the next run. */
  run(inputs: Record<string, HostData>): Promise<HostTensors>;
  /** Runs once for each element, `stepsPerCall` runs in a call, and returns the outputs of each. */
  runAll(inputs: readonly Record<string, HostData>[]): Promise<HostTensors[]>;
  /** A copy of the state after the last run, or of the tensors of it that are named. */
  readState(names?: readonly string[]): Promise<HostTensors>;
  dispose(): Promise<void>;
}

export interface InferenceDefinition {
  /** Gets inputs and parameters together; returns outputs. */
  readonly program: Program;
  readonly inputs: TensorSpecs;
  readonly parameters: HostTensors;
  /**
   * How many runs the caller will wait for at once. On a processor each is then computed on one thread, several side by
   * side, and no bit depends on how many. Absent: one run at a time, on all threads.
   */
  readonly atOnce?: number;
}

/** A compiled function of its inputs alone, for every size of their symbolic dimensions. */
export interface Inference {
  /** How many runs are computed at once: to wait for fewer leaves threads idle, to wait for more only costs memory. */
  readonly atOnce: number;
  run(inputs: HostTensors): Promise<HostTensors>;
  dispose(): Promise<void>;
}

/** One way of running programs. */
export interface Engine {
  readonly name: string;
  /** The library, device and driver that compute, in words, where they are worth a word. */
  readonly computesOn?: string;
  compileStep(definition: StepDefinition): Promise<Step>;
  compileInference(definition: InferenceDefinition): Promise<Inference>;
}
