/**
 * @file What the stages ask of training and scoring, as functions with named options.
 *
 * The stages get these as one object, so that the chain can be tested without training anything, and so that a recipe
 * that is up to date loads no engine.
 */
import type { Utterance } from '../corpus/manifest/manifest.js';
import type { Trial } from '../corpus/trials/trials.js';
import type { AugmentationOptions } from '../features/augmentation/options.js';
import type { Features } from '../features/fbank/fbank.js';
import type { ExtractionCostOptions, MeasuredCost } from './extraction-cost.js';
import type { AverageOptions } from '../training/average-options.js';
import type { EngineOptions } from '../engine/create-engine.js';
import type { FeatureOptions } from '../features/options.js';
import type { ImportedWeights } from '../models/import-weights.js';
import type { ModelOptions } from '../models/registry.js';
import type { TakeModelOptions } from './take-model.js';
import type { InitialModelPlace } from '../training/initial-model.js';
import type { TrainingOptions } from '../training/training-options.js';

/** What long work reports to. */
export interface Reporting {
  log(line: string): void;
  progress(what: string, done: number, total: number): void;
  signal?: AbortSignal;
}

export interface TrainSystemOptions extends Reporting {
  /** The system's name in the recipe. */
  name: string;
  model: ModelOptions;
  training: TrainingOptions;
  features: FeatureOptions;
  augmentation: AugmentationOptions | null;
  engine: EngineOptions;
  seed: number;
  /** Folder of the feature cache, which holds all of `utterances` and of `development`. */
  cacheDir: string;
  /** Split train. */
  utterances: Utterance[];
  development: { utterances: Utterance[]; trials: Trial[] };
  /** Where the checkpoints go; training goes on from the newest one that is there. */
  dir: string;
  /** Hash of all that the run depends on; part of each checkpoint's state. */
  configHash: string;
  /** What it starts from; absent: nothing. */
  initial?: InitialModelPlace;
}

export interface TrainSystemResult {
  steps: number;
  /** EER on the development trials after the last epoch, and the best; null where it was never measured. */
  devEer: number | null;
  bestDevEer: number | null;
}

export interface AverageSystemOptions extends Reporting {
  name: string;
  model: ModelOptions;
  average: AverageOptions;
  training: TrainingOptions;
  features: FeatureOptions;
  augmentation: AugmentationOptions | null;
  engine: EngineOptions;
  seed: number;
  trainDir: string;
  cacheDir: string;
  /** For `batchNorm: recompute`. */
  utterances: Utterance[];
  /** Becomes the model folder. */
  dir: string;
}

/** A model that is ready to embed utterances of any length. */
export interface Embedder {
  /** What the model was trained on; undefined where that is not known (imported weights). */
  features?: FeatureOptions;
  /** For `normalize: global`. */
  globalMean?: Float32Array;
  /** Values a frame that it takes. */
  bins: number;
  /** Shortest input, in frames. */
  minFrames: number;
  /** Normalised features of one whole utterance → its embedding. */
  embed(features: Features): Promise<Float32Array>;
  /** How many utterances it embeds at once, where so many calls of `embed` are waited for. Absent: 1. */
  atOnce?: number;
  close(): Promise<void>;
}

/** Figures of a model that need no data. */
export interface ModelFigures {
  title: string;
  parameters: number;
  /** Multiply-accumulate operations for an utterance. */
  macs: number;
  /** What is to be said of these figures. */
  note?: string;
}

/** Weights with a configuration, or an ONNX file, which needs none. */
export interface ImportModelOptions {
  weights: string;
  config?: string;
  out: string;
  prefix?: string;
}

export interface Library {
  trainSystem(options: TrainSystemOptions): Promise<TrainSystemResult>;
  /** @returns the steps of the checkpoints that were averaged */
  averageSystem(options: AverageSystemOptions): Promise<{ steps: number[] }>;
  /** @param options `utterances`: how many will be embedded; absent: each on all threads, one after the other */
  openEmbedder(options: { modelDir: string; engine: EngineOptions; utterances?: number }): Promise<Embedder>;
  /** What tells one model from another (`models/model-folder.ts`): embeddings of one identity can be compared. */
  identityOf(modelDir: string): Promise<string>;
  /** Weights that PyTorch saved and constructor arguments → a model folder. @throws UserError naming tensors or arguments */
  importModel(options: ImportModelOptions): Promise<ImportedWeights>;
  /** @param of a network's options, or a model folder. @param seconds of the utterance that MACs are counted for */
  modelFigures(of: ModelOptions | { modelDir: string }, seconds: number): Promise<ModelFigures>;
  /** A model that is not trained here → a model folder. @returns what was taken, in words */
  takeModel(options: TakeModelOptions): Promise<string>;
  /** Time and memory that embedding takes, in a fresh process. */
  measureExtraction(options: ExtractionCostOptions): Promise<MeasuredCost>;
}
