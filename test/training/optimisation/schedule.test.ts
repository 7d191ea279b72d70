/** @file Schedules against SpeechBrain's and WeSpeaker's values, and the usual forms against their definitions. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  createLearningRate,
  createMargin,
  duration,
  marginOptions,
  scheduleOptions,
  stepsOf,
} from '../../../src/training/optimisation/schedule.js';

interface Fixture {
  speechbrain_cyclic: {
    args: { base_lr: number; max_lr: number; step_size: number; mode?: string };
    lr_at_on_batch_end_call_n: Record<string, number>;
  }[];
  wespeaker: {
    lr: {
      epoch_iter: number;
      num_epochs: number;
      initial_lr: number;
      final_lr: number;
      warm_up_epoch: number;
      warm_from_zero: boolean;
      scale_ratio: number;
    };
    margin: {
      initial_margin: number;
      final_margin: number;
      increase_start_epoch: number;
      fix_start_epoch: number;
      increase_type: string;
    };
    values: Record<string, { lr: number; margin: number }>;
  }[];
}

const fixture = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/train_bits/schedules.json', import.meta.url), 'utf8'),
) as Fixture;

/** 1e-12 relative: the same formula in double precision. */
function assertSame(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-12 * Math.abs(expected), `${what}: expected ${expected}, got ${actual}`);
}

const horizon = { stepsPerEpoch: 10, totalSteps: 100 };
const rate = (options: unknown) => createLearningRate(scheduleOptions.parse(options), horizon);

describe('schedule', () => {
  for (const { args, lr_at_on_batch_end_call_n: values } of fixture.speechbrain_cyclic) {
    it(`gives update n − 1 the rate of SpeechBrain's n-th call (cyclic, ${args.mode ?? 'triangular'})`, () => {
      const lr = rate({
        type: 'cyclic',
        base: args.base_lr,
        max: args.max_lr,
        halfCycle: `${args.step_size} steps`,
        mode: args.mode,
      });
      for (const [n, expected] of Object.entries(values)) assertSame(lr(Number(n) - 1), expected, `call ${n}`);
    });
  }

  for (const { lr, margin, values } of fixture.wespeaker) {
    const steps = { stepsPerEpoch: lr.epoch_iter, totalSteps: lr.epoch_iter * lr.num_epochs };
    it(`gives WeSpeaker's rate and margin (scale ${lr.scale_ratio}, ${margin.increase_type}, warm-up from zero: ${lr.warm_from_zero})`, () => {
      const rateAt = createLearningRate(
        scheduleOptions.parse({
          type: 'exponential',
          initial: lr.initial_lr,
          final: lr.final_lr,
          warmup: `${lr.warm_up_epoch} epochs`,
          warmFromZero: lr.warm_from_zero,
          scaleRatio: lr.scale_ratio,
        }),
        steps,
      );
      // WeSpeaker counts epochs from 1: its epoch 20 starts when 19 epochs are done.
      const marginAt = createMargin(
        marginOptions.parse({
          type: margin.increase_type === 'exp' ? 'exponential' : 'linear',
          initial: margin.initial_margin,
          final: margin.final_margin,
          start: `${margin.increase_start_epoch - 1} epochs`,
          end: `${margin.fix_start_epoch - 1} epochs`,
        }),
        steps,
      );
      for (const [step, expected] of Object.entries(values)) {
        assertSame(rateAt(Number(step)), expected.lr, `rate of step ${step}`);
        assertSame(marginAt(Number(step)), expected.margin, `margin of step ${step}`);
      }
    });
  }

  it('rises linearly to the peak and falls along half a cosine to the final rate', () => {
    const lr = rate({ type: 'warmup-cosine', peak: 1, final: 0.2, warmup: '2 epochs' });
    assertSame(lr(0), 1 / 20, 'first');
    assertSame(lr(19), 1, 'end of the warm-up');
    assertSame(lr(20), 1, 'start of the cosine');
    assertSame(lr(60), 0.6, 'half way');
    assertSame(lr(100), 0.2, 'end');
    assertSame(lr(500), 0.2, 'beyond the end');
  });

  it('keeps a constant rate after its warm-up, and a step schedule until each step', () => {
    const constant = rate({ type: 'constant', lr: 0.5, warmup: '5 %' });
    assert.deepEqual([0, 4, 5, 99].map(constant), [0.1, 0.5, 0.5, 0.5]);
    assert.equal(rate({ type: 'constant', lr: 0.5 })(0), 0.5);
    const stepwise = rate({ type: 'step', initial: 1, factor: 0.5, every: '1 epoch' });
    assert.deepEqual([0, 9, 10, 29, 30].map(stepwise), [1, 1, 0.5, 0.25, 0.125]);
  });

  it('keeps a constant margin', () => {
    assert.equal(createMargin(marginOptions.parse({ type: 'constant', margin: 0.2 }), horizon)(77), 0.2);
  });

  it('measures durations in epochs, steps or per cent of the run', () => {
    assert.deepEqual(
      ['3 epochs', '1 epoch', '0.5 epochs', '7 steps', '10 %', '10%'].map((text) => stepsOf(text, horizon)),
      [30, 10, 5, 7, 10, 10],
    );
    for (const wrong of ['3', 'epochs', '-1 steps', '3 hours']) assert.ok(!duration.safeParse(wrong).success, wrong);
  });

  it('refuses options that its type does not have', () => {
    assert.throws(() => scheduleOptions.parse({ type: 'constant', lr: 1, peak: 2 }), /peak/);
    assert.throws(() => marginOptions.parse({ type: 'constant', margin: 0.2, final: 0.3 }), /final/);
  });
});
