/**
 * @file Additive margin softmax (AM-softmax, CosFace): the margin is taken from the cosine, not added to the angle.
 *
 * With θ the angle between an embedding and the weight vector of its speaker, the logit of the target class is
 * s·(cos θ − m); every other logit is s·cos θ. Mean cross-entropy over the batch. Sources: Wang F. et al., "Additive
 * margin softmax for face verification", IEEE Signal Processing Letters 25(7), 2018, eq. 6; Wang H. et al., "CosFace",
 * CVPR 2018, eq. 4. As WeSpeaker's AddMarginProduct. Layout: embeddings [B, D], weight [classes, D], targets [B] int32.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import { createMargin, marginOptions } from '../optimisation/schedule.js';
import { CLASSIFIER, classifierWeight, cosines, crossEntropy, targetMask } from './cosine-classifier.js';
import type { LossEntry } from './loss.js';

export const amSoftmaxOptions = z.strictObject({
  type: z.literal('am-softmax'),
  /** Factor on the cosines. */
  scale: z.number().positive().default(30),
  /** Of the cosine: not an angle. */
  margin: marginOptions.default({ type: 'constant', margin: 0.2 }),
});

export const amSoftmaxLoss: LossEntry<z.infer<typeof amSoftmaxOptions>> = {
  options: amSoftmaxOptions,
  create: ({ margin: schedule, scale }, place) => ({
    parameters: [classifierWeight(place)],
    margin: (horizon) => createMargin(schedule, horizon),
    compute(tensors, { embeddings, targets, margin }) {
      const cosine = cosines(embeddings, tensors[CLASSIFIER]); // [B, classes]
      const oneHot = targetMask(targets, cosine.shape[1]!);
      const logits = tf.mul(tf.sub(cosine, tf.mul(oneHot, tf.reshape(margin!, [1, 1]))), scale);
      return { loss: crossEntropy(logits, oneHot), nearness: cosine };
    },
  }),
};
