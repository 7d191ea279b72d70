/**
 * @file `acanet export`: a model folder → one ONNX file, compared with the model before it is written.
 *
 * What is compared: the embedding that acanet computes, and the one that ONNX Runtime computes from nothing but the
 * file. A file whose embeddings point elsewhere is not written. With 8-bit weights the two differ by design, so what
 * that costs is measured: in EER on the recipe's development trials where there are such.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createEngine, type EngineOptions, physicalCores } from '../../engine/create-engine.js';
import { float32 } from '../../engine/program/host-tensor.js';
import { openOnnxFile, type OnnxFile } from '../../engine/run-onnx.js';
import { internal, UserError } from '../../errors.js';
import type { Utterance } from '../../corpus/manifest/manifest.js';
import type { Trial } from '../../corpus/trials/trial.js';
import { createFbank, type Features } from '../../features/fbank/fbank.js';
import { normalizeFeatures } from '../../features/normalization.js';
import type { FeatureOptions } from '../../features/options.js';
import { createSpeechFeatures } from '../../features/fbank/speech-features.js';
import { readFeatureAudio } from '../../features/utterance-features.js';
import { createEmbedder, type ModelEmbedder } from '../../models/embedder.js';
import { type LoadedModel, readModelFolder } from '../../models/model-folder.js';
import { keyedRandom } from '../../random.js';
import { cosineScores } from '../../scoring/backend/cosine.js';
import { evaluateScores } from '../../scoring/measures/evaluation.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import type { Reporting } from '../model-work.js';
import { type Agreement, compareEmbeddings, noiseFeatures } from './agreement.js';
import { exportGraph, type ExportInput, type ExportedGraph } from './exported-graph.js';
import { exportMetadata } from './export-metadata.js';
import { sherpaDifferences, sherpaFeatures } from './sherpa-onnx.js';
import { speechToCheck } from './speech-to-check.js';

export interface ExportModelOptions extends Reporting {
  modelDir: string;
  engine: EngineOptions;
  out: string;
  input: ExportInput;
  int8: boolean;
  /** Speech to compare on; none: the recipe's, else artificial voices. */
  audio: readonly string[];
  /** Of the model's recipe. */
  manifest?: string;
  /** The recipe's development trials, for what 8-bit weights cost. */
  development?: { utterances: readonly Utterance[]; trials: readonly Trial[] };
}

export interface ExportResult {
  readonly file: string;
  readonly bytes: number;
  readonly input: ExportInput;
  readonly takes: string;
  readonly gives: string;
  readonly embeddingSize: number;
  /** Against acanet's own embeddings. */
  readonly agreement: Agreement & { readonly on: string };
  /** What sherpa-onnx's own features do to the embedding; absent where it cannot feed the model. */
  readonly sherpaOnnx?: { readonly lowestCosine: number; readonly differences: readonly string[] };
  readonly int8?: { readonly values: number; readonly float: number; readonly development?: DevelopmentCost };
}

export interface DevelopmentCost {
  readonly trials: number;
  readonly eer: number;
  readonly eerInt8: number;
}

/** Embeddings of float32 files agree with the model's to this cosine, or the file is wrong. */
const LEAST_COSINE = 0.9999;

/** @throws UserError for a model or options that cannot be exported */
export async function exportModel(options: ExportModelOptions): Promise<ExportResult> {
  const { modelDir, out, input, int8, log } = options;
  const model = readModelFolder(modelDir);
  checkInput(model, options);
  const graph = await exportGraph(model, { input, int8, metadata: exportMetadata(model, { input, int8 }) });
  const embedder = await createEmbedder(await createEngine(options.engine), model.speakerModel, model.tensors);
  const file = await openOnnxFile(graph.bytes, { threads: options.engine.threads ?? physicalCores() });
  try {
    const compared = await compareOnSpeech(model, { ...options, embedder, file });
    if (!int8 && !(compared.agreement.lowestCosine >= LEAST_COSINE)) {
      throw internal(`the exported file gives other embeddings: cosine ${compared.agreement.lowestCosine}`);
    }
    const development = int8 ? await developmentCost(model, { ...options, embedder, file }) : undefined;
    writeFileAtomic(out, graph.bytes);
    log(`${out} is written`);
    const quantized = graph.quantized && {
      int8: {
        values: graph.quantized.values,
        float: (await exportGraph(model, { input })).bytes.length,
        ...(development && { development }),
      },
    };
    return { file: out, bytes: graph.bytes.length, input, ...describePorts(graph), embeddingSize: model.speakerModel.embeddingSize, ...compared, ...quantized }; // prettier-ignore
  } finally {
    await Promise.all([embedder.close(), file.close()]);
  }
}

function checkInput(
  { features, speakerModel }: LoadedModel,
  { modelDir, input, audio, out }: ExportModelOptions,
): void {
  if (!out.endsWith('.onnx')) throw new UserError(`${out}: expected a name that ends in .onnx`);
  if (existsSync(join(dirname(out), 'model.json')))
    throw new UserError(
      `${out}: lies in the model folder ${dirname(out)}, whose files are its own\n  name another place with --out`,
    );
  if (features !== undefined) return;
  const reason = `${modelDir}: the model does not say which features it takes (imported weights)`;
  if (input === 'audio') throw new UserError(`${reason}, so they cannot be part of the file\n  export with --input fbank`); // prettier-ignore
  if (audio.length > 0) {
    throw new UserError(
      `${reason}, so audio says nothing here\n  leave --audio out: noise of ${speakerModel.bins} values a frame is compared`,
    );
  }
}

const describePorts = ({ input, outputs }: ExportedGraph) => {
  const words = ({ name, shape }: ExportedGraph['input']) => `${name} [${shape.join(', ')}]`;
  return { takes: words(input), gives: outputs.map(words).join(', ') };
};

interface Compared extends ExportModelOptions {
  embedder: ModelEmbedder;
  file: OnnxFile;
}

const ofFeatures = async (file: OnnxFile, { frames, bins, data }: Features) =>
  Float32Array.from((await file.run({ features: float32([1, frames, bins], data.slice()) })).embedding.data);
const ofSamples = async (file: OnnxFile, samples: Float32Array<ArrayBuffer>) =>
  Float32Array.from((await file.run({ samples: float32([1, samples.length], samples) })).embedding.data);

async function compareOnSpeech(
  model: LoadedModel,
  { embedder, file, input, int8, audio, manifest, progress }: Compared,
): Promise<Pick<ExportResult, 'agreement' | 'sherpaOnnx'>> {
  const options = model.features as FeatureOptions | undefined;
  if (!options) {
    const noise = [100, 300, 1000].map((frames) => noiseFeatures(frames, embedder.bins, keyedRandom('export', frames)));
    const [ours, theirs] = [await inTurn(noise, (each) => embedder.embed(each)), await inTurn(noise, (each) => ofFeatures(file, each))]; // prettier-ignore
    return { agreement: { ...compareEmbeddings(ours, theirs), on: 'noise (the model does not say which features it takes)' } }; // prettier-ignore
  }
  const speech = await speechToCheck(options, { files: audio, manifest });
  const extract = createSpeechFeatures(options);
  const normalized = normalizerOf(model, options);
  const theirOptions = input === 'fbank' && !int8 ? sherpaFeatures(options) : undefined;
  const theirFbank = theirOptions && createFbank(theirOptions);
  const [ours, theirs, sherpas]: Float32Array[][] = [[], [], []];
  for (const { name, samples } of speech.clips) {
    const features = extract(samples, name);
    ours.push(await embedder.embed(normalized(features), name));
    theirs.push(input === 'audio' ? await ofSamples(file, samples) : await ofFeatures(file, features));
    if (theirFbank) sherpas.push(await ofFeatures(file, theirFbank(samples)));
    progress('check', ours.length, speech.clips.length);
  }
  return {
    agreement: { ...compareEmbeddings(ours, theirs), on: speech.about },
    ...(theirOptions && {
      sherpaOnnx: {
        lowestCosine: compareEmbeddings(ours, sherpas).lowestCosine,
        differences: sherpaDifferences(options, theirOptions),
      },
    }),
  };
}

/** Normalises a copy as the model's features were. */
function normalizerOf({ globalMean }: LoadedModel, { normalize }: FeatureOptions) {
  const mean = globalMean && Float32Array.from(globalMean);
  return (features: Features): Features => {
    const copy = { ...features, data: features.data.slice() };
    normalizeFeatures(copy, normalize, { globalMean: mean });
    return copy;
  };
}

async function inTurn<T, R>(items: readonly T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await action(item));
  return results;
}

/** EER on the recipe's development trials by the model and by the file, cosines both. */
async function developmentCost(
  model: LoadedModel,
  { embedder, file, input, development, progress, signal }: Compared,
): Promise<DevelopmentCost | undefined> {
  const options = model.features as FeatureOptions | undefined;
  if (!development || !options) return undefined;
  const { utterances, trials } = development;
  const extract = createSpeechFeatures(options);
  const normalized = normalizerOf(model, options);
  const [float, int8] = [new Map<string, Float32Array>(), new Map<string, Float32Array>()];
  for (const utterance of utterances) {
    signal?.throwIfAborted();
    const samples = await readFeatureAudio(utterance, options);
    const features = extract(samples, utterance.id);
    float.set(utterance.id, await embedder.embed(normalized(features), utterance.id));
    int8.set(utterance.id, input === 'audio' ? await ofSamples(file, samples) : await ofFeatures(file, features));
    progress('development', float.size, utterances.length);
  }
  const where = 'the development trials';
  const eerOf = (embeddings: Map<string, Float32Array>) =>
    evaluateScores(cosineScores(embeddings, trials, { where }), trials, { where }).eer;
  return { trials: trials.length, eer: eerOf(float), eerInt8: eerOf(int8) };
}
