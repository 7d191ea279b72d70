/**
 * @file Learning-rate and margin schedules: pure functions of the step, so that resuming needs no state.
 *
 * `step` is the number of the update, counted from 0. Durations are written in epochs, steps or per cent of the run:
 * `6 epochs`, `65000 steps`, `10 %`.
 * - `cyclic`: Smith, "Cyclical learning rates", WACV 2017, as SpeechBrain's recipe applies it (advanced *before* the
 *   update, so that update 0 has the value of count 1);
 * - `exponential`: WeSpeaker's ExponentialDecrease (warm-up from zero, scaled by the number of workers);
 * - `warmup-cosine`, `step`, `constant`: the usual forms; a warm-up rises linearly and reaches its end with its last
 *   step.
 * The margin's schedule is WeSpeaker's MarginScheduler.
 */
import { z } from 'zod';
import { internal } from '../../errors.js';

/** Lengths that durations are measured against. */
export interface Horizon {
  stepsPerEpoch: number;
  totalSteps: number;
}

const DURATION = /^(\d+(?:\.\d+)?)\s*(epochs?|steps?|%)$/;

/** `6 epochs`, `1 epoch`, `65000 steps`, `10 %`. */
export const duration = z
  .string()
  .regex(DURATION, 'expected a duration such as "6 epochs", "500 steps" or "10 %" (of the whole run)');

/** Number of steps of a duration, rounded. */
export function stepsOf(text: string, { stepsPerEpoch, totalSteps }: Horizon): number {
  const match = DURATION.exec(text);
  if (!match) throw internal(`duration "${text}" was not checked`);
  const unit = match[2].startsWith('epoch') ? stepsPerEpoch : match[2] === '%' ? totalSteps / 100 : 1;
  return Math.round(Number(match[1]) * unit);
}

const rate = z.number().positive();
const none = '0 steps';

/** The recipe's `schedule` section. */
export const scheduleOptions = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant'), lr: rate, warmup: duration.default(none) }),
  z.strictObject({
    type: z.literal('cyclic'),
    /** Lowest and highest rate. */
    base: rate,
    max: rate,
    /** Half a cycle: the time from `base` to `max`. */
    halfCycle: duration,
    /** `triangular2` halves the height with each cycle. */
    mode: z.enum(['triangular', 'triangular2']).default('triangular'),
  }),
  z.strictObject({
    type: z.literal('warmup-cosine'),
    peak: rate,
    final: z.number().min(0).default(0),
    warmup: duration.default(none),
  }),
  z.strictObject({
    type: z.literal('exponential'),
    initial: rate,
    /** Reached at the end of the run. */
    final: rate,
    warmup: duration.default(none),
    /** false: the warm-up only leads from 1 to `scaleRatio`. */
    warmFromZero: z.boolean().default(true),
    /** Factor on both rates, e.g. batch size / 64. */
    scaleRatio: rate.default(1),
  }),
  z.strictObject({
    type: z.literal('step'),
    initial: rate,
    /** Multiplies the rate after each `every`. */
    factor: z.number().positive().max(1),
    every: duration,
    warmup: duration.default(none),
  }),
]);
export type ScheduleOptions = z.infer<typeof scheduleOptions>;

/** A value for each step. */
export type Schedule = (step: number) => number;

/** The learning rate of each update. */
export function createLearningRate(options: ScheduleOptions, horizon: Horizon): Schedule {
  switch (options.type) {
    case 'constant': {
      const warm = warmUp(options.warmup, horizon);
      return (step) => options.lr * warm(step);
    }
    case 'cyclic':
      return cyclic(options, horizon);
    case 'warmup-cosine': {
      const { peak, final } = options;
      const warm = warmUp(options.warmup, horizon);
      const start = stepsOf(options.warmup, horizon);
      const length = Math.max(1, horizon.totalSteps - start);
      return (step) => {
        if (step < start) return peak * warm(step);
        const progress = Math.min(1, (step - start) / length);
        return final + (peak - final) * 0.5 * (1 + Math.cos(Math.PI * progress));
      };
    }
    case 'exponential':
      return exponential(options, horizon);
    case 'step': {
      const warm = warmUp(options.warmup, horizon);
      const every = Math.max(1, stepsOf(options.every, horizon));
      return (step) => options.initial * options.factor ** Math.floor(step / every) * warm(step);
    }
  }
}

/** Factor of a linear warm-up: 1/n at step 0, 1 from step n − 1 on. */
function warmUp(text: string, horizon: Horizon): Schedule {
  const length = stepsOf(text, horizon);
  return (step) => (length > 0 ? Math.min(1, (step + 1) / length) : 1);
}

function cyclic(options: Extract<ScheduleOptions, { type: 'cyclic' }>, horizon: Horizon): Schedule {
  const { base, max, mode } = options;
  const half = Math.max(1, stepsOf(options.halfCycle, horizon));
  return (step) => {
    const count = step + 1;
    const cycle = Math.floor(1 + count / (2 * half));
    const distance = Math.abs(count / half - 2 * cycle + 1); // from the peak: 0 at max, 1 at base
    const height = mode === 'triangular2' ? 1 / 2 ** (cycle - 1) : 1;
    return base + (max - base) * Math.max(0, 1 - distance) * height;
  };
}

function exponential(options: Extract<ScheduleOptions, { type: 'exponential' }>, horizon: Horizon): Schedule {
  const { initial, final, warmFromZero, scaleRatio } = options;
  const warmupSteps = stepsOf(options.warmup, horizon);
  const factor = (step: number) => {
    if (step >= warmupSteps) return scaleRatio;
    if (warmFromZero) return (scaleRatio * step) / warmupSteps;
    return scaleRatio > 1 ? ((scaleRatio - 1) * step) / warmupSteps + 1 : scaleRatio;
  };
  return (step) => factor(step) * initial * Math.exp((step / horizon.totalSteps) * Math.log(final / initial));
}

/** The recipe's `margin` section, in radians. */
export const marginOptions = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant'), margin: z.number().min(0).max(1.5) }),
  z.strictObject({
    /** `exponential` rises fast and levels out at `final`; `linear` rises evenly. */
    type: z.enum(['exponential', 'linear']),
    initial: z.number().min(0).max(1.5).default(0),
    final: z.number().min(0).max(1.5),
    /** Time of training before the rise starts, and before `final` is reached. */
    start: duration.default(none),
    end: duration,
  }),
]);
export type MarginScheduleOptions = z.infer<typeof marginOptions>;

/** The margin of each update. */
export function createMargin(options: MarginScheduleOptions, horizon: Horizon): Schedule {
  if (options.type === 'constant') return () => options.margin;
  const { initial, final, type } = options;
  const start = stepsOf(options.start, horizon);
  const end = stepsOf(options.end, horizon);
  return (step) => {
    if (step >= end) return final;
    if (step < start) return initial;
    const progress = (step - start) / (end - start);
    // NOTE: WeSpeaker's constants: what is left to rise falls from 1 + 1e-6 to 1e-3, so `final` is met with a jump of
    // 1e-3.
    const risen = type === 'linear' ? progress : 1 - Math.exp(progress * Math.log(1e-3 / (1 + 1e-6)));
    return initial + (final - initial) * risen;
  };
}
