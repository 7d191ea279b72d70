/** @file `acanet import`: a file of any of the forms that it reads → a model folder. */
import { extname } from 'node:path';
import { UserError } from '../errors.js';
import { type FeatureOptions, framedSize } from '../features/options.js';
import { refuseForeignFolder } from '../models/copy-model-folder.js';
import { refuseStageFolder } from '../storage/overwriting.js';
import { importModel, type ImportedWeights } from '../models/import-weights.js';
import { readImportFeatures } from './import-features.js';
import { importOnnx } from './import-onnx.js';
import type { ImportModelOptions } from './model-work.js';

/** @throws UserError naming files, arguments and tensors; also if `out` holds anything but a model */
export async function importAny({ weights, config, out, prefix }: ImportModelOptions): Promise<ImportedWeights> {
  refuseStageFolder(out);
  if (extname(weights).toLowerCase() === '.onnx') {
    if (prefix !== undefined) throw new UserError('--prefix is for weights: an ONNX file has its names in the graph');
    refuseForeignFolder(out, [weights, config]);
    return importOnnx({ weights, config, out });
  }
  if (config === undefined) {
    throw new UserError(
      `${weights}: weights need --config FILE, which says whose they are: {"model": "ecapa-tdnn", …constructor arguments}`,
    );
  }
  return importModel({ weights, config, out, prefix, readFeatures: readFitting });
}

function readFitting(given: unknown, where: string, bins: number): FeatureOptions {
  const features = readImportFeatures(given, where);
  if (framedSize(features) === bins) return features;
  const got = framedSize(features) ?? 'samples of audio';
  throw new UserError(`${where}: "features": expected ${bins} values a frame, as the model takes, got ${got}`);
}
