/** @file The losses by their type: options checked, loss made. Add a loss here and nowhere else. */
import { z } from 'zod';
import { internal } from '../../errors.js';
import { aamSoftmaxLoss, aamSoftmaxOptions } from './aam-softmax.js';
import { amSoftmaxLoss, amSoftmaxOptions } from './am-softmax.js';
import type { Loss, LossEntry, LossPlace } from './loss.js';
import { softmaxLoss, softmaxOptions } from './softmax.js';
import { sphereface2Loss, sphereface2Options } from './sphereface2.js';

/** The recipe's `training.loss`. */
export const lossOptions = z.discriminatedUnion('type', [
  aamSoftmaxOptions,
  amSoftmaxOptions,
  sphereface2Options,
  softmaxOptions,
]);
export type LossOptions = z.infer<typeof lossOptions>;

const losses = new Map<string, LossEntry<LossOptions>>();
addLoss('aam-softmax', aamSoftmaxLoss);
addLoss('am-softmax', amSoftmaxLoss);
addLoss('sphereface2', sphereface2Loss);
addLoss('softmax', softmaxLoss);

export function createLoss(options: LossOptions, place: LossPlace): Loss {
  const entry = losses.get(options.type);
  if (!entry) throw internal(`no loss ${options.type}`);
  return entry.create(options, place);
}

/** Adds a loss, also for a program that trains with one of its own, which no recipe names. */
export function addLoss<Options extends { type: string }>(type: Options['type'], entry: LossEntry<Options>): void {
  losses.set(type, entry as unknown as LossEntry<LossOptions>);
}
