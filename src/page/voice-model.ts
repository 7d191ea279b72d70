/**
 * @file The model in the browser: samples → features by acanet's own WebAssembly → ONNX Runtime for the web → embedding
 * and attention. Files are fetched from beside the page and from nowhere else.
 */
import { createSpeechFeatures } from '../features/fbank/speech-features.js';
import { createFbank, type Features } from '../features/fbank/fbank.js';
import { frameGeometry } from '../features/fbank/frame-geometry.js';
import { energyVad, frameLogEnergies } from '../features/fbank/energy-vad.js';
import type { PageFacts } from './page-facts.js';
import type { Cohort } from './score-voices.js';

/** What is used of ONNX Runtime for the web. */
interface OrtTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}
interface OrtWeb {
  env: { wasm: { wasmPaths?: Record<string, string>; numThreads?: number }; logLevel?: string };
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor;
  InferenceSession: {
    create(
      model: Uint8Array,
      options: { executionProviders: string[] },
    ): Promise<{ run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>> }>;
  };
}

export interface HeardVoice {
  readonly embedding: Float32Array;
  /** Log mel energies of all frames, not normalised. */
  readonly spectrum: Features;
  /** Seconds: the middle of each frame of the spectrum. */
  readonly times: Float64Array;
  /**
   * The attention of each layer as multiples of the even share, frame by frame of the spectrum; 0 where the model was
   * not given the frame.
   */
  readonly attention: readonly { readonly title: string; readonly multiples: Float32Array }[];
}

export interface VoiceModel {
  readonly facts: PageFacts;
  /** `processor`, or `graphics card`. */
  readonly computesOn: string;
  /** @throws Error with a sentence for the user */
  hear(samples: Float32Array): Promise<HeardVoice>;
}

export const loadFacts = async (): Promise<PageFacts> => (await (await load('page.json')).json()) as PageFacts;

/** The cohort that scores are normalised against; empty where they are not. */
export async function loadCohort({ scoring }: PageFacts): Promise<Cohort> {
  return scoring.cohort ? new Float32Array(await (await load('cohort.bin')).arrayBuffer()) : new Float32Array(0);
}

async function load(name: string): Promise<Response> {
  const response = await fetch(new URL(name, document.baseURI));
  if (!response.ok) throw new Error(`${name} cannot be loaded (${response.status})`);
  return response;
}

const RUNTIMES = {
  wasm: { module: 'ort/ort.wasm.bundle.min.mjs', wasm: 'ort/ort-wasm-simd-threaded.wasm' },
  webgpu: { module: 'ort/ort.webgpu.bundle.min.mjs', wasm: 'ort/ort-wasm-simd-threaded.asyncify.wasm' },
} as const;
export type Device = keyof typeof RUNTIMES;

export async function loadModel(facts: PageFacts, device: Device): Promise<VoiceModel> {
  const { module, wasm } = RUNTIMES[device];
  const address = new URL(module, document.baseURI).href;
  const [ort, bytes] = await Promise.all([
    import(address) as Promise<OrtWeb>,
    load('model.onnx').then((response) => response.arrayBuffer()),
  ]);
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = 1; // more need headers that a static page may not have
  ort.env.wasm.wasmPaths = { wasm: new URL(wasm, document.baseURI).href };
  const session = await ort.InferenceSession.create(new Uint8Array(bytes), { executionProviders: [device] });
  const { vad, ...whole } = facts.features;
  const extract = createSpeechFeatures(facts.features);
  const fbank = createFbank(whole);
  const { centre } = frameGeometry(facts.features);

  return {
    facts,
    computesOn: device === 'webgpu' ? 'graphics card' : 'processor',
    async hear(samples) {
      const { frames, bins, data } = extract(samples, 'The recording');
      if (frames < facts.minFrames) throw new Error('There is too little speech in this recording. Give more.');
      const results = await session.run({ features: new ort.Tensor('float32', data, [1, frames, bins]) });
      const spectrum = fbank(samples);
      const isSpeech = vad && energyVad(frameLogEnergies(samples, facts.features), vad);
      return {
        embedding: Float32Array.from(results.embedding.data),
        spectrum,
        times: Float64Array.from({ length: spectrum.frames }, (_, frame) => centre(frame)),
        attention: facts.attention.map(({ output, title }) => ({
          title,
          multiples: onAllFrames(results[output].data, spectrum.frames, isSpeech),
        })),
      };
    },
  };
}

/** Shares of the frames that the model was given, as multiples of the even one, put back in their places. */
function onAllFrames(shares: Float32Array, frames: number, isSpeech: Uint8Array | undefined): Float32Array {
  const multiples = shares.map((share) => share * shares.length);
  if (!isSpeech) return multiples;
  let at = 0;
  return Float32Array.from({ length: frames }, (_, t) => (isSpeech[t] ? multiples[at++] : 0));
}
