/** @file A model folder with an ONNX model of any toolkit in it: opened to embed with, and counted. */
import { join } from 'node:path';
import type { EngineOptions } from '../engine/create-engine.js';
import { type FeatureOptions, framedSize, framesPerSecond } from '../features/options.js';
import { checkModelFiles, readModelDescription } from '../models/model-folder.js';
import {
  checkOnnx,
  createOnnxEmbedder,
  onnxFigures,
  onnxModelOptions,
  type CheckedOnnx,
} from '../models/onnx-model.js';
import { sha256Hex, stableJson } from '../storage/hashing.js';
import type { Embedder, ModelFigures } from './model-work.js';

const FRAMES_PER_SECOND = 100;

/** @throws UserError where it is damaged */
export async function openOnnxFolder(dir: string, engine: EngineOptions): Promise<Embedder> {
  const { checked, features } = readOnnxFolder(dir);
  return { ...(await createOnnxEmbedder(checked, engine)), ...(features && { features }) };
}

/** What tells it from another model, wherever it lies. @throws UserError where it is damaged */
export function onnxFolderIdentity(dir: string): string {
  const { model, features, files } = readModelDescription(dir);
  checkModelFiles(dir, files);
  return sha256Hex(stableJson({ model, features, files }));
}

/** Counted in the graph, for an utterance of so many seconds. */
export async function figuresOfOnnxFolder(dir: string, seconds: number): Promise<ModelFigures> {
  const { checked, features } = readOnnxFolder(dir);
  const rows = Math.round(seconds * (features ? framesPerSecond(features) : FRAMES_PER_SECOND));
  const { parameters, macs, uncounted } = await onnxFigures(checked, rows);
  const note = uncounted.length > 0 ? `its MACs are without those of ${uncounted.join(', ')}` : undefined;
  return { title: 'ONNX model', parameters, macs, ...(note !== undefined && { note }) };
}

function readOnnxFolder(dir: string): { checked: CheckedOnnx; features?: FeatureOptions } {
  const { model, features: given, bins, files } = readModelDescription(dir);
  checkModelFiles(dir, files);
  const options = onnxModelOptions.parse(model);
  const features = given as FeatureOptions | undefined;
  const fed = { bins: features ? framedSize(features) : bins };
  return { checked: checkOnnx({ ...options, file: join(dir, options.file) }, fed), ...(features && { features }) };
}
