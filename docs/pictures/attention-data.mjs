/**
 * @file The attention that the picture of `acanet explain` is drawn from, small enough to be kept here.
 *
 * Weights are kept as the picture shows them: a byte for the logarithm of a share over the even one, from 1× to 64×, 0
 * below; log-mel bands as a byte each. Written with a trained model at hand:
 *
 *     node docs/pictures/attention-data.mjs MODEL MANIFEST ID SECONDS > docs/pictures/data/attention.json.gz
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { readManifest } from '../../dist/src/corpus/manifest/manifest.js';
import { openExplainer } from '../../dist/src/tasks/attention/attention-of-speech.js';
import { insertPause } from '../../dist/src/tasks/attention/insert-pause.js';

/** Multiples of the even share that a byte reaches to. */
const HIGHEST = 64;

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const bytesOf = (text) => new Uint8Array(Buffer.from(text, 'base64'));

/** @param figure what `attentionFigure` draws */
export function packAttention(figure) {
  const utterances = figure.utterances.map(({ times, spectrum, speech, layers, framesGiven, ...rest }) => {
    const [low, high] = [Math.min(...spectrum.data), Math.max(...spectrum.data)];
    return {
      ...rest,
      framesGiven,
      times: { first: times[0], shift: times[1] - times[0] },
      spectrum: {
        bands: spectrum.bands,
        low,
        high,
        data: base64(Uint8Array.from(spectrum.data, (value) => Math.round((255 * (value - low)) / (high - low)))),
      },
      speech: base64(speech),
      layers: layers.map(({ weights, mean, ...layer }) => ({
        ...layer,
        weights: base64(
          Uint8Array.from(weights, (share) =>
            Math.min(255, Math.round((255 * Math.log(Math.max(1, share * framesGiven))) / Math.log(HIGHEST))),
          ),
        ),
        mean: Array.from(mean, (share) => Number((share * framesGiven).toPrecision(4))),
      })),
    };
  });
  return gzipSync(JSON.stringify({ ...figure, utterances }), { level: 9 });
}

/** What `packAttention` was given, as far as the picture shows it. */
export function unpackAttention(packed) {
  const figure = JSON.parse(gunzipSync(packed).toString());
  const utterances = figure.utterances.map(({ times, spectrum, speech, layers, framesGiven, frames, ...rest }) => ({
    ...rest,
    frames,
    framesGiven,
    times: Float64Array.from({ length: frames }, (_, i) => times.first + i * times.shift),
    spectrum: {
      bands: spectrum.bands,
      data: Float32Array.from(
        bytesOf(spectrum.data),
        (byte) => spectrum.low + (byte / 255) * (spectrum.high - spectrum.low),
      ),
    },
    speech: bytesOf(speech),
    layers: layers.map(({ weights, mean, ...layer }) => ({
      ...layer,
      weights: Float32Array.from(bytesOf(weights), (byte) => HIGHEST ** (byte / 255) / framesGiven),
      mean: Float64Array.from(mean, (multiple) => multiple / framesGiven),
    })),
  }));
  return { ...figure, utterances };
}

async function explainWithPause(modelDir, manifest, id, seconds) {
  const piece = readManifest(manifest).find((utterance) => utterance.id === id);
  if (!piece) throw new Error(`${manifest}: no utterance ${id}`);
  const explainer = await openExplainer({ modelDir, engine: { name: 'onnx', device: 'cpu' } });
  try {
    const { model, lowFreq, highFreq, sampleRate } = explainer;
    const speech = await explainer.read(piece);
    const { samples, pause } = insertPause(speech, { sampleRate, seconds });
    const whole = await explainer.explain(speech, { name: id });
    const paused = await explainer.explain(samples, { name: `${id} with a pause of ${seconds} s`, pause });
    return { id: 'attention', model, lowFreq, highFreq, utterances: [whole.utterance, paused.utterance] };
  } finally {
    await explainer.close();
  }
}

if (import.meta.filename === process.argv[1]) {
  const [model, manifest, id, seconds] = process.argv.slice(2);
  process.stdout.write(packAttention(await explainWithPause(model, manifest, id, Number(seconds))));
}
