/** @file Utterances that are embedded without a recipe, as jobs are told of them. */
import type { EngineOptions } from '../../engine/create-engine.js';
import type { RatePolicy } from '../../features/options.js';

export interface EmbeddingWork {
  /** Of its jobs. */
  name: string;
  /** As given, absolute. */
  inputs: readonly string[];
  modelDir: string;
  engine: EngineOptions;
  /** Features are normalised already. */
  asIs: boolean;
  otherRates?: RatePolicy;
  /** Of the model, and of the list of utterances: whoever finds others works on something else. */
  model: string;
  list: string;
}
