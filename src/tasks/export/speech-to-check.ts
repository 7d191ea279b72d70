/**
 * @file Speech on which an exported file is compared with the model: files that the user names, test utterances of the
 * model's recipe, or artificial voices where there is neither.
 */
import { existsSync } from 'node:fs';
import { readManifest, type Utterance } from '../../corpus/manifest/manifest.js';
import { synthesizeUtterance } from '../../corpus/readers/synth/utterance.js';
import { makeVoice } from '../../corpus/readers/synth/voice.js';
import type { FeatureOptions } from '../../features/options.js';
import { byFlag, readFeatureAudio, type AudioPiece } from '../../features/utterance-features.js';

export interface Speech {
  /** What it is, after "checked on". */
  readonly about: string;
  readonly clips: readonly { name: string; samples: Float32Array<ArrayBuffer> }[];
}

const MOST_CLIPS = 8;

export async function speechToCheck(
  options: FeatureOptions,
  { files, manifest }: { files: readonly string[]; manifest?: string },
): Promise<Speech> {
  const read = async (pieces: readonly { name: string; piece: AudioPiece }[]) => {
    const clips: Speech['clips'][number][] = [];
    for (const { name, piece } of pieces) {
      clips.push({ name, samples: await readFeatureAudio(piece, options, { remedy: byFlag }) });
    }
    return clips;
  };
  if (files.length > 0) {
    return {
      about: `${files.length} files`,
      clips: await read(files.map((path) => ({ name: path, piece: { path } }))),
    };
  }
  const spoken = manifest !== undefined && existsSync(manifest) ? testUtterances(readManifest(manifest)) : [];
  if (spoken.length > 0) {
    const clips = await read(spoken.map((utterance) => ({ name: utterance.id, piece: utterance })));
    return { about: `${clips.length} test utterances of the recipe`, clips };
  }
  return { about: '3 artificial voices (name speech of yours with --audio)', clips: artificialVoices(options) };
}

/** Of all lengths that there are, where the files are still there. */
function testUtterances(utterances: readonly Utterance[]): Utterance[] {
  const there = utterances
    .filter(({ split, path }) => split === 'test' && existsSync(path))
    .sort((a, b) => a.duration - b.duration);
  const count = Math.min(MOST_CLIPS, there.length);
  return Array.from({ length: count }, (_, i) => there[Math.floor((i * there.length) / count)]);
}

function artificialVoices({ sampleRate }: FeatureOptions): Speech['clips'] {
  return [1.5, 3, 6].map((seconds, i) => {
    const name = `voice${i}`;
    const samples = synthesizeUtterance({
      seed: 1,
      voice: makeVoice(1, name, i % 2 === 0 ? 'f' : 'm'),
      utterance: name,
      session: name,
      snr: [20, 30],
      samples: Math.round(seconds * sampleRate),
      sampleRate,
    });
    return { name, samples };
  });
}
