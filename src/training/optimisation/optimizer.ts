/**
 * @file Adam, AdamW and SGD with (Nesterov) momentum as pure functions of named tensors.
 *
 * One update maps (parameters, gradients, slots) to (parameters, slots). What changes from step to step (the learning
 * rate, Adam's bias corrections) comes in as one small tensor, computed in double precision on the host, so that a
 * compiled update never has to be compiled again. Arithmetic and its order follow PyTorch's:
 * Adam (Kingma & Ba 2015, weight decay added to the gradient), AdamW (Loshchilov & Hutter 2019, decay decoupled),
 * SGD (momentum without dampening). Gradient clipping is by the global norm over all parameters.
 * Slots are named `<slot>/<parameter>`: `m/…` and `v/…` for Adam, `momentum/…` for SGD.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import { float32, type HostTensors } from '../../engine/program/host-tensor.js';
import { internal } from '../../errors.js';

type Tensors = Record<string, tf.Tensor>;

const shared = {
  /** L2 pull on the weights. */
  weightDecay: z.number().min(0).default(0),
  /** `vectors`: biases and normalisation scales (tensors of at most one axis) are not decayed. */
  decayExclude: z.enum(['none', 'vectors']).default('none'),
  /** Largest norm of all gradients together; null: not clipped. */
  gradientClip: z.number().positive().nullable().default(null),
};

const adaptive = {
  ...shared,
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999]),
  eps: z.number().positive().default(1e-8),
};

/** The recipe's `optimizer` section. The learning rate is the schedule's. */
export const optimizerOptions = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('adam'), ...adaptive }),
  z.strictObject({ type: z.literal('adamw'), ...adaptive }),
  z.strictObject({
    type: z.literal('sgd'),
    ...shared,
    momentum: z.number().min(0).lt(1).default(0.9),
    nesterov: z.boolean().default(true),
  }),
]);
export type OptimizerOptions = z.infer<typeof optimizerOptions>;

export interface Optimizer {
  /** Number of values that `scalars` gives: the shape of the graph input is [scalarCount]. */
  readonly scalarCount: number;
  /** The slots before the first update: zeros. Parameters must all be float32. */
  slots(parameters: HostTensors): HostTensors;
  /** Inputs of update number `step`, counted from 0, at learning rate `lr`. */
  scalars(step: number, lr: number): Float32Array<ArrayBuffer>;
  /**
   * One update. Every parameter needs its gradient.
   * @returns new parameters and slots, in the order of `parameters`; gradSquares [parameters], the sum of the squares
   *   of each gradient before clipping. Without clipping they are those of the gradients that include adam's or sgd's
   *   weight decay, and there are none for sgd with momentum that is not Nesterov's: to look at a gradient that is used
   *   once would keep the engine from computing it together with what it is used for, which changes the last bits.
   */
  apply(state: { parameters: Tensors; gradients: Tensors; slots: Tensors; scalars: tf.Tensor }): {
    parameters: Tensors;
    slots: Tensors;
    gradSquares?: tf.Tensor;
  };
}

/** How one kind of optimiser updates one tensor. */
interface UpdateRule {
  slotNames: readonly string[];
  scalars(step: number, lr: number): number[];
  update(
    parameter: tf.Tensor,
    gradient: tf.Tensor,
    slots: readonly tf.Tensor[],
    scalars: readonly tf.Tensor[],
    weightDecay: number,
  ): { parameter: tf.Tensor; slots: tf.Tensor[]; gradient?: tf.Tensor };
}

/** The optimiser that the options describe. */
export function createOptimizer(options: OptimizerOptions): Optimizer {
  const rule: UpdateRule = options.type === 'sgd' ? sgdRule(options) : adamRule(options);
  const scalarCount = rule.scalars(0, 0).length;
  return {
    scalarCount,
    slots: (parameters) =>
      Object.fromEntries(
        rule.slotNames.flatMap((slot) =>
          Object.entries(parameters).map(([name, { shape }]) => [`${slot}/${name}`, float32(shape)]),
        ),
      ),
    scalars: (step, lr) => Float32Array.from(rule.scalars(step, lr)),
    apply: ({ parameters, gradients, slots, scalars }) => {
      const names = Object.keys(parameters);
      const given = names.map((name) => required(gradients, name, 'gradient'));
      const beforeClipping = options.gradientClip === null ? undefined : sumsOfSquares(given);
      const factor = beforeClipping && clipFactor(beforeClipping, options.gradientClip!);
      const seen: tf.Tensor[] = [];
      const values = Array.from({ length: scalarCount }, (_, i) => tf.reshape(tf.slice(scalars, [i], [1]), []));
      const newParameters: Tensors = {};
      const newSlots: Tensors = Object.fromEntries(
        rule.slotNames.flatMap((slot) => names.map((name) => [`${slot}/${name}`, parameters[name]])),
      );
      for (const [i, name] of names.entries()) {
        const parameter = parameters[name];
        const excluded = options.decayExclude === 'vectors' && parameter.rank <= 1;
        const updated = rule.update(
          parameter,
          factor ? tf.mul(given[i], factor) : given[i],
          rule.slotNames.map((slot) => required(slots, `${slot}/${name}`, 'slot')),
          values,
          excluded ? 0 : options.weightDecay,
        );
        newParameters[name] = updated.parameter;
        if (updated.gradient) seen.push(updated.gradient);
        for (const [k, slot] of rule.slotNames.entries()) newSlots[`${slot}/${name}`] = updated.slots[k];
      }
      const gradSquares = beforeClipping ?? (seen.length === names.length ? sumsOfSquares(seen) : undefined);
      return { parameters: newParameters, slots: newSlots, ...(gradSquares && { gradSquares }) };
    },
  };
}

function adamRule({ type, betas: [beta1, beta2], eps }: Extract<OptimizerOptions, { type: 'adam' | 'adamw' }>) {
  return {
    slotNames: ['m', 'v'],
    // PyTorch divides √v by `correction`, then adds eps; both are multiplied by it here, which spares a pass over v.
    scalars: (step, lr) => {
      const correction = Math.sqrt(1 - beta2 ** (step + 1));
      return [lr, (lr / (1 - beta1 ** (step + 1))) * correction, eps * correction];
    },
    update: (parameter, gradient, [m, v], [lr, stepSize, smallest], weightDecay) => {
      const decoupled = type === 'adamw' && weightDecay > 0;
      const g = type === 'adam' && weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
      const start = decoupled ? tf.mul(parameter, tf.sub(1, tf.mul(lr, weightDecay))) : parameter;
      const newM = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
      const newV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
      const denominator = tf.add(tf.sqrt(newV), smallest);
      return {
        parameter: tf.sub(start, tf.mul(tf.div(newM, denominator), stepSize)),
        slots: [newM, newV],
        gradient: g,
      };
    },
  } satisfies UpdateRule;
}

function sgdRule({ momentum, nesterov }: Extract<OptimizerOptions, { type: 'sgd' }>) {
  return {
    slotNames: momentum > 0 ? ['momentum'] : [],
    scalars: (_step, lr) => [lr],
    update: (parameter, gradient, [buffer], [lr], weightDecay) => {
      const g = weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
      if (momentum === 0) return { parameter: tf.sub(parameter, tf.mul(g, lr)), slots: [] };
      const newBuffer = tf.add(tf.mul(buffer, momentum), g);
      const direction = nesterov ? tf.add(g, tf.mul(newBuffer, momentum)) : newBuffer;
      const updated = { parameter: tf.sub(parameter, tf.mul(direction, lr)), slots: [newBuffer] };
      return nesterov ? { ...updated, gradient: g } : updated;
    },
  } satisfies UpdateRule;
}

/** Σx² of each tensor: [tensors]. */
function sumsOfSquares(tensors: tf.Tensor[]): tf.Tensor {
  const squares = tensors.map((tensor) => tf.reshape(tf.sum(tf.square(tensor)), [1]));
  return squares.length > 1 ? tf.concat(squares, 0) : squares[0];
}

/** min(1, limit / (norm + 1e-6)), as PyTorch's clip_grad_norm_; the norm is that of all gradients together. */
function clipFactor(gradSquares: tf.Tensor, limit: number): tf.Tensor {
  return tf.minimum(tf.div(limit, tf.add(tf.sqrt(tf.sum(gradSquares)), 1e-6)), 1);
}

function required(tensors: Tensors, name: string, kind: string): tf.Tensor {
  if (!(name in tensors)) throw internal(`optimizer: no ${kind} named ${name}`);
  return tensors[name];
}
