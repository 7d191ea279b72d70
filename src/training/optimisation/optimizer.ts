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

/** How one kind of optimiser updates one tensor, element by element. */
interface UpdateRule {
  slotNames: readonly string[];
  scalars(step: number, lr: number): number[];
  /** Weight decay: of the gradient, or of the parameter. */
  decay(
    update: Pick<Update, 'parameter' | 'gradient'>,
    scalars: readonly tf.Tensor[],
    weightDecay: number,
  ): typeof update;
  /** @returns the new parameter and slots */
  update(update: Update, scalars: readonly tf.Tensor[]): { parameter: tf.Tensor; slots: tf.Tensor[] };
  /** A gradient is used more than once: to look at it, or to lay it beside others, then changes no bits. */
  usesGradientsTwice: boolean;
}

/** What a new tensor is made of. */
interface Update {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
}

/** Tensors of so many values at most are updated together, laid end to end: to start an operation costs more than it. */
const SMALL = 2 ** 14;

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
      const values = Array.from({ length: scalarCount }, (_, i) => tf.reshape(tf.slice(scalars, [i], [1]), []));
      const updates = names.map((name, i): Update => {
        const gradient = factor ? tf.mul(given[i], factor) : given[i];
        const excluded = options.decayExclude === 'vectors' && parameters[name].rank <= 1;
        const weightDecay = excluded ? 0 : options.weightDecay;
        return {
          ...rule.decay({ parameter: parameters[name], gradient }, values, weightDecay),
          slots: rule.slotNames.map((slot) => required(slots, `${slot}/${name}`, 'slot')),
        };
      });
      const updateOf = (update: Update) => rule.update(update, values);
      const updated = rule.usesGradientsTwice ? updateTogether(updates, updateOf) : updates.map(updateOf);
      const newParameters = Object.fromEntries(names.map((name, i) => [name, updated[i].parameter]));
      const newSlots = Object.fromEntries(
        rule.slotNames.flatMap((slot, k) => names.map((name, i) => [`${slot}/${name}`, updated[i].slots[k]])),
      );
      const seen = rule.usesGradientsTwice ? sumsOfSquares(updates.map(({ gradient }) => gradient)) : undefined;
      const gradSquares = beforeClipping ?? seen;
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
    decay: ({ parameter, gradient }, [lr], weightDecay) => {
      if (weightDecay === 0) return { parameter, gradient };
      return type === 'adam'
        ? { parameter, gradient: tf.add(gradient, tf.mul(parameter, weightDecay)) }
        : { parameter: tf.mul(parameter, tf.sub(1, tf.mul(lr, weightDecay))), gradient };
    },
    update: ({ parameter, gradient, slots: [m, v] }, [, stepSize, smallest]) => {
      const newM = tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1));
      const newV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const denominator = tf.add(tf.sqrt(newV), smallest);
      return { parameter: tf.sub(parameter, tf.mul(tf.div(newM, denominator), stepSize)), slots: [newM, newV] };
    },
    usesGradientsTwice: true,
  } satisfies UpdateRule;
}

function sgdRule({ momentum, nesterov }: Extract<OptimizerOptions, { type: 'sgd' }>) {
  return {
    slotNames: momentum > 0 ? ['momentum'] : [],
    scalars: (_step, lr) => [lr],
    decay: ({ parameter, gradient }, _scalars, weightDecay) => ({
      parameter,
      gradient: weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient,
    }),
    update: ({ parameter, gradient, slots: [buffer] }, [lr]) => {
      if (momentum === 0) return { parameter: tf.sub(parameter, tf.mul(gradient, lr)), slots: [] };
      const newBuffer = tf.add(tf.mul(buffer, momentum), gradient);
      const direction = nesterov ? tf.add(gradient, tf.mul(newBuffer, momentum)) : newBuffer;
      return { parameter: tf.sub(parameter, tf.mul(direction, lr)), slots: [newBuffer] };
    },
    usesGradientsTwice: momentum > 0 && nesterov,
  } satisfies UpdateRule;
}

/** Updates each tensor, the small ones at once; the same bits as one by one. */
function updateTogether(updates: readonly Update[], update: (of: Update) => ReturnType<UpdateRule['update']>) {
  const small = updates.filter(({ parameter: { size } }) => size <= SMALL);
  if (small.length < 2) return updates.map(update);
  const joined = (part: (update: Update) => tf.Tensor) => tf.concat(small.map((each) => tf.reshape(part(each), [-1])));
  const together = update({
    parameter: joined(({ parameter }) => parameter),
    gradient: joined(({ gradient }) => gradient),
    slots: small[0].slots.map((_, k) => joined(({ slots }) => slots[k])),
  });
  const apart = (tensor: tf.Tensor) => {
    const parts = tf.split(tensor, small.map(({ parameter }) => parameter.size)); // prettier-ignore
    return parts.map((part, i) => tf.reshape(part, small[i].parameter.shape));
  };
  const parameters = apart(together.parameter);
  const slots = together.slots.map(apart);
  return updates.map((each) => {
    const i = small.indexOf(each);
    return i < 0 ? update(each) : { parameter: parameters[i], slots: slots.map((parts) => parts[i]) };
  });
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
