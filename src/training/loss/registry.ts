/** @file The losses by their type: options checked, loss made. Add a loss here and nowhere else. */
import { z } from 'zod';
import { internal } from '../../errors.js';
import { aamSoftmaxLoss, aamSoftmaxOptions } from './aam-softmax.js';
import type { Loss, LossEntry, LossPlace } from './loss.js';

/** The recipe's `training.loss`. */
export const lossOptions = z.discriminatedUnion('type', [aamSoftmaxOptions]);
export type LossOptions = z.infer<typeof lossOptions>;

const losses = new Map<string, LossEntry<LossOptions>>([['aam-softmax', aamSoftmaxLoss]]);

export function createLoss(options: LossOptions, place: LossPlace): Loss {
  const entry = losses.get(options.type);
  if (!entry) throw internal(`no loss ${options.type}`);
  return entry.create(options, place);
}

/** For a program that trains with a loss of its own, which no recipe names. */
export function addLoss<Options extends { type: string }>(type: Options['type'], entry: LossEntry<Options>): void {
  losses.set(type, entry as unknown as LossEntry<LossOptions>);
}
