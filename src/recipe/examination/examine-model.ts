/**
 * @file What `acanet doctor --model` finds in a network: one training batch, layer by layer, and what of it is amiss.
 *
 * A recipe's system is examined as it starts (its run's seed), a model folder as it is. The batch is of the recipe's
 * cached features where there are any, else made up: log-mel-like values that vary smoothly over time and bands, with a
 * tilt for each speaker.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { createEngine } from '../../engine/create-engine.js';
import { UserError } from '../../errors.js';
import { openFeatureCache } from '../../features/cache/cache.js';
import type { FrameMatrix } from '../../models/embedder.js';
import { parameterCount } from '../../models/contract/model.js';
import { readModelFolder } from '../../models/model-folder.js';
import { createModel, type ModelOptions } from '../../models/registry.js';
import { keyedRandom } from '../../random.js';
import { phasesOf } from '../../training/phases.js';
import { createLoss } from '../../training/loss/registry.js';
import { examineActivations, type Examination } from '../../training/activation-scales.js';
import { createCollapseWatch } from '../../training/collapse.js';
import { initialTrainingTensors } from '../../training/training-step.js';
import { layerWarnings } from '../../training/layer-warnings.js';
import type { EngineOptions } from '../../engine/create-engine.js';
import { hasFeatures } from '../artifacts/features.js';
import { prepFiles } from '../artifacts/prep.js';
import type { Recipe } from '../definition/schema.js';
import { isReady } from '../definition/ready-model.js';
import { systemSettings } from '../definition/system-settings.js';
import type { TrainingRun } from '../definition/training-runs.js';

export interface ExamineModelOptions {
  /** `exp/<recipe>`: its features are used where they are there. */
  readonly workFolder: string;
  readonly recipe: Recipe;
  /** The training whose network is examined as it starts … */
  readonly run: TrainingRun;
  /** … unless a model folder is named, which is examined under that run's settings of training. */
  readonly modelDir?: string;
  readonly engine: EngineOptions;
}

export interface ModelFindings extends Examination {
  title: string;
  parameters: number;
  /** What was examined, and on what. */
  subject: string;
  features: string;
  warnings: string[];
}

interface Batch {
  readonly crops: FrameMatrix[];
  readonly targets: number[];
  readonly speakers: number;
  readonly from: string;
}

/** A batch of more says nothing else, and takes longer. */
const MOST_CROPS = 32;
const MOST_FRAMES = 300;
const MADE_UP_SPEAKERS = 100;

/** @throws UserError for a folder that is no model, and where cached features do not fit it */
export async function examineModel(options: ExamineModelOptions): Promise<ModelFindings> {
  const { recipe, run, modelDir, engine } = options;
  const settings = systemSettings(recipe, run.system);
  const { model: ofSystem, features, featuresStage } = settings;
  // A training starts with its first phase.
  const [{ training, augmentation }] = phasesOf(settings.training, settings.augmentation);
  const folder = modelDir === undefined ? undefined : readModelFolder(modelDir);
  if (!folder && isReady(ofSystem)) {
    throw new UserError(
      `${run.system} of recipe ${recipe.name} is not trained here (model type ${ofSystem.type}): this looks at how a network starts`,
    );
  }
  const modelOptions = folder?.model ?? (ofSystem as ModelOptions);
  const model = folder?.speakerModel ?? createModel(modelOptions);
  const shape = {
    count: Math.min(MOST_CROPS, training.batchSize),
    frames: Math.max(model.minCropFrames, Math.min(MOST_FRAMES, training.cropFrames)),
    bins: model.bins,
    seed: run.seed,
  };
  const batch = readBatch(options.workFolder, featuresStage, shape) ?? makeUpBatch(shape);
  const loss = createLoss(training.loss, { speakers: batch.speakers, embeddingSize: model.embeddingSize });
  const tensors = { ...initialTrainingTensors(model, loss, run.seed), ...folder?.tensors };
  const examination = await examineActivations({
    engine: await createEngine(engine),
    model,
    tensors,
    loss,
    batch: batch.crops,
    targets: batch.targets,
    margin: loss.margin?.({ stepsPerEpoch: 1, totalSteps: Number.MAX_SAFE_INTEGER })(0),
  });
  const watch = createCollapseWatch({ model, modelOptions, name: run.name, training, augmentation, features });
  const step = folder ? stepsOf(folder.origin) : 0;
  return {
    title: model.title,
    parameters: parameterCount(model),
    subject: modelDir
      ? `${modelDir} under a new classifier`
      : `${run.system} of recipe ${recipe.name} as it starts, seed ${run.seed}`,
    features: batch.from,
    ...examination,
    warnings: [
      ...watch.observe({ step, instruments: examination.readings }),
      ...layerWarnings(examination.layers).map((warning) => `warning: ${warning}`),
    ],
  };
}

/** The last step that went into a model folder; NaN where it does not say. */
function stepsOf({ averagedSteps }: Readonly<Record<string, unknown>>): number {
  return Array.isArray(averagedSteps) ? Math.max(...averagedSteps.map(Number)) : NaN;
}

interface BatchShape {
  readonly count: number;
  readonly frames: number;
  readonly bins: number;
  readonly seed: number;
}

/**
 * Crops of the recipe's training utterances, of as many speakers as there are; undefined where nothing is cached yet.
 */
function readBatch(
  workFolder: string,
  featuresStage: string,
  { count, frames, bins, seed }: BatchShape,
): Batch | undefined {
  const [cacheDir, { manifest }] = [join(workFolder, featuresStage), prepFiles(join(workFolder, 'prep'))];
  if (!hasFeatures(cacheDir) || !existsSync(manifest)) return undefined;
  const cache = openFeatureCache(cacheDir);
  if (cache.bins !== bins) {
    throw new UserError(
      `the model takes ${bins} coefficients a frame, the features in ${cacheDir} have ${cache.bins}\n  name the recipe that it belongs to, or another --work`,
    );
  }
  const utterances = readManifest(manifest).filter(({ id, split }) => split === 'train' && cache.has(id));
  const speakers = [...new Set(utterances.map(({ speaker }) => speaker))].sort();
  if (utterances.length === 0) return undefined;
  const random = keyedRandom(seed, 'doctor');
  const targets = Array.from({ length: count }, (_, i) => Math.floor((i * speakers.length) / count) % speakers.length);
  const crops = targets.map((target) => {
    const own = utterances.filter(({ speaker }) => speaker === speakers[target]);
    return cropOf(cache.read(own[random.below(own.length)].id), frames, random.uniform());
  });
  const from = `${count} crops of ${frames} frames of ${cacheDir}`;
  return { crops, targets, speakers: speakers.length, from };
}

/** `frames` frames of an utterance from somewhere within it; a short one is repeated. */
function cropOf({ frames: total, bins, data }: FrameMatrix, frames: number, place: number): FrameMatrix {
  const from = Math.floor(place * Math.max(1, total - frames + 1));
  const cropped = new Float32Array(frames * bins);
  for (let frame = 0; frame < frames; frame++) {
    const at = (from + frame) % total;
    cropped.set(data.subarray(at * bins, (at + 1) * bins), frame * bins);
  }
  return { frames, bins, data: cropped };
}

/** Values of about the size and smoothness of normalised log-mel features. */
function makeUpBatch({ count, frames, bins, seed }: BatchShape): Batch {
  const random = keyedRandom(seed, 'doctor');
  const [smooth, size] = [0.9, 3];
  const fresh = Math.sqrt(1 - smooth ** 2);
  const crops = Array.from({ length: count }, () => {
    const voice = new Float32Array(bins);
    for (let bin = 0; bin < bins; bin++) voice[bin] = smooth * (voice[bin - 1] ?? 0) + fresh * random.normal();
    const data = new Float32Array(frames * bins);
    for (let frame = 0; frame < frames; frame++) {
      let along = random.normal();
      for (let bin = 0; bin < bins; bin++) {
        along = smooth * along + fresh * random.normal();
        const before = frame > 0 ? data[(frame - 1) * bins + bin] - voice[bin] : size * along;
        data[frame * bins + bin] = voice[bin] + smooth * before + fresh * size * along;
      }
    }
    return { frames, bins, data };
  });
  const from = `${count} made-up crops of ${frames} frames (\`acanet features\` makes real ones)`;
  return { crops, targets: crops.map((_, i) => i % MADE_UP_SPEAKERS), speakers: MADE_UP_SPEAKERS, from };
}
