/**
 * @file What a loss is to the training loop: parameters of its own, and from a batch's embeddings a number to lower.
 *
 * Its parameters are trained with the network's, kept in checkpoints, and left out of model folders.
 */
import type { z } from 'zod';
import type { TensorMap } from '../../engine/program/program.js';
import type { Tensor } from '../../engine/tfjs.js';
import type { ParameterSpec } from '../../models/contract/model.js';
import type { Horizon, Schedule } from '../optimisation/schedule.js';

/** What its parameters' shapes depend on. */
export interface LossPlace {
  readonly speakers: number;
  readonly embeddingSize: number;
}

export interface Loss {
  /** By their names in a checkpoint, which begin with `classifier.`. */
  readonly parameters: readonly ParameterSpec[];
  /** The margin of each step, which is an input of the compiled step; absent: the loss has none. */
  margin?(horizon: Horizon): Schedule;
  /**
   * @param batch embeddings [B, D]; targets [B] int32; margin [1], where the loss has one
   * @returns loss: scalar; nearness [B, speakers]: how near each embedding is to each speaker, margin aside, as a
   *   cosine or a logit
   */
  compute(
    tensors: TensorMap,
    batch: { embeddings: Tensor; targets: Tensor; margin?: Tensor },
  ): { loss: Tensor; nearness: Tensor };
}

/** A loss as the registry has it. */
export interface LossEntry<Options extends { type: string }> {
  readonly options: z.ZodType<Options>;
  create(options: Options, place: LossPlace): Loss;
}
