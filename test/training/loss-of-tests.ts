/** @file The loss that tests train with: AAM-softmax with its defaults, and a scale. */
import type { SpeakerModel } from '../../src/models/contract/model.js';
import type { Loss } from '../../src/training/loss/loss.js';
import { createLoss, lossOptions } from '../../src/training/loss/registry.js';

export const aamLoss = ({ embeddingSize }: SpeakerModel, speakers: number, scale: number): Loss =>
  createLoss(lossOptions.parse({ type: 'aam-softmax', scale }), { speakers, embeddingSize });
