/**
 * @file Softmax cross-entropy over a linear classifier: no cosines, no margin. The logit of a class is w·x + b, with
 * weight and bias as PyTorch's nn.Linear begins them. The x-vector's own loss (Snyder et al., "X-vectors", ICASSP 2018,
 * section 2.2). For softmax over scaled cosines take `am-softmax` with a constant margin of 0.
 *
 * Layout: embeddings [B, D], weight [classes, D], bias [classes], targets [B] int32.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import { linearInit } from '../../nn/initialize.js';
import { CLASSIFIER, crossEntropy, targetMask } from './cosine-classifier.js';
import type { LossEntry } from './loss.js';

export const softmaxOptions = z.strictObject({ type: z.literal('softmax') });

const BIAS = 'classifier.bias';

export const softmaxLoss: LossEntry<z.infer<typeof softmaxOptions>> = {
  options: softmaxOptions,
  create: (_options, { speakers, embeddingSize }) => ({
    parameters: [
      { name: CLASSIFIER, shape: [speakers, embeddingSize], init: linearInit(embeddingSize) },
      { name: BIAS, shape: [speakers], init: linearInit(embeddingSize) },
    ],
    compute(tensors, { embeddings, targets }) {
      const logits = tf.add(tf.matMul(embeddings, tensors[CLASSIFIER], false, true), tensors[BIAS]); // [B, classes]
      return { loss: crossEntropy(logits, targetMask(targets, speakers)), nearness: logits };
    },
  }),
};
