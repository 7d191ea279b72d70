/**
 * @file `acanet import` of an ONNX file: checked, tried, and copied into a model folder.
 *
 * What it takes is in the configuration's `features`. Files that acanet itself exported say it in their metadata. Of
 * others only the number of values a frame is known: their folders take features as they are.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { readOnnx, type OnnxModel } from '../engine/onnx/read-onnx.js';
import { messageOf, UserError } from '../errors.js';
import { featureOptions, type FeatureOptions, framedSize } from '../features/options.js';
import { checkOnnx, onnxFigures, tryOnnx, writeOnnxFolder } from '../models/onnx-model.js';
import { statedBins, type FedFeatures } from '../models/onnx-ports.js';
import { readImportFeatures } from './import-features.js';
import type { ImportedWeights } from '../models/import-weights.js';

/** The configuration: all of it may be left out. */
const onnxConfig = z.strictObject({
  model: z.literal('onnx').optional(),
  features: z.unknown().optional(),
  input: z.string().optional(),
  output: z.string().optional(),
});

/** @throws UserError naming the file or the configuration, what was found and what was expected */
export async function importOnnx({
  weights: file,
  config,
  out,
}: {
  weights: string;
  config?: string;
  out: string;
}): Promise<ImportedWeights> {
  const { features: given, input, output } = config === undefined ? {} : readConfig(config);
  const model = readOnnx(file);
  const features = given === undefined ? exportedFeatures(model) : readImportFeatures(given, config!);
  const fed: FedFeatures = features
    ? { bins: framedSize(features), sampleRate: features.sampleRate }
    : { bins: statedBins(model) };
  const options = {
    type: 'onnx' as const,
    file,
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
  };
  const checked = checkOnnx(options, fed);
  const embedding = await tryOnnx(checked);
  const origin = { importedFrom: file };
  await writeOnnxFolder(out, options, { ...(features ? { features } : { bins: fed.bins }), origin });
  const { parameters } = await onnxFigures(checked, fed.bins === undefined ? features!.sampleRate : FRAMES);
  const title = `ONNX model, ${checked.ports.input} → ${checked.ports.output} [${embedding}]`;
  const nothing = { prefix: '', within: '', leftOut: [], rounded: 0 };
  return { parameters, title, ...nothing, ...(features && { features }) };
}

/** Enough for any model to run on. */
const FRAMES = 100;

function readConfig(path: string): z.infer<typeof onnxConfig> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(
      `${path}: expected a JSON file such as {"model": "onnx", "features": {…}}: ${messageOf(error)}`,
    );
  }
  const { data, error } = onnxConfig.safeParse(parsed);
  if (data) return data;
  throw new UserError(
    `${path}: not the configuration of an ONNX model\n${z.prettifyError(error)}\n  it has model, features, input and output`,
  );
}

/** What a file that acanet exported says it takes; the normalisation is in its graph. */
function exportedFeatures({ metadata, producer, path }: OnnxModel): FeatureOptions | undefined {
  const { features, input = '' } = metadata;
  if (producer !== 'acanet' || features === undefined) return undefined;
  try {
    const trained = featureOptions.parse(JSON.parse(features));
    if (!input.startsWith('samples')) return { ...trained, normalize: 'none' };
    return featureOptions.parse({ type: 'audio', sampleRate: trained.sampleRate });
  } catch (error) {
    throw new UserError(
      `${path}: its metadata "features" are not features of acanet: ${messageOf(error)}\n  say them with --config`,
    );
  }
}
