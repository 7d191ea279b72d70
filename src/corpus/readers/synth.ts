/**
 * @file Corpus `synth`: many distinct artificial voices, made on the spot; needs no download.
 *
 * Description: source-filter synthesis of sentence-like phone sequences (`synth/`). A speaker is a voice (vocal tract,
 * formants, glottis, pitch, rate); a session is a day's manner, a microphone and a noise. Utterances of one speaker are
 * spread over sessions, and target trials are made across sessions only, so level, equaliser and noise do not give the
 * speaker away.
 * Licence: none needed, the audio is generated. Not human speech: results on it say that the toolkit works, not how
 * good a model is. Split: `trainSpeakers` training and `testSpeakers` test voices, half of them women's; the numbers do
 * not influence each other's audio. Every WAV is a function of the options' seed, so a second run finds its files
 * complete and keeps them.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { probeAudio } from '../../audio/probe.js';
import { writeWav } from '../../audio/write-wav.js';
import { keyedRandom } from '../../random.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import type { CorpusReader, PrepareContext } from './corpus-reader.js';
import type { Utterance } from '../manifest/manifest.js';
import { synthesizeUtterance } from './synth/utterance.js';
import { makeVoice } from './synth/voice.js';
import { madeTestTrials, trialMaking } from '../trials/test-trials.js';

/** Raise it with every change of `synth/` that changes samples: files of another version are not reused. */
const GENERATOR_VERSION = 1;

const ascending = ([low, high]: [number, number]) => low <= high;

const synthOptions = z.strictObject({
  type: z.literal('synth'),
  trainSpeakers: z.int().min(2).default(100),
  testSpeakers: z.int().min(2).default(20),
  /** Utterances of each training speaker. */
  utterancesPerSpeaker: z.int().min(1).default(8),
  testUtterancesPerSpeaker: z.int().min(2).default(8),
  sessionsPerSpeaker: z.int().min(2).default(4),
  /** Shortest and longest utterance, seconds. */
  duration: z
    .tuple([z.number().min(1), z.number().max(600)])
    .refine(ascending, 'expected [shortest, longest]')
    .default([3, 5]),
  sampleRate: z.union([z.literal(8000), z.literal(16000)]).default(16000),
  /** Lowest and highest signal-to-noise ratio of a session, dB. */
  snr: z.tuple([z.number(), z.number()]).refine(ascending, 'expected [lowest, highest]').default([10, 30]),
  seed: z.int().min(0).default(1),
  trials: trialMaking({ maxTargets: 2000, maxNontargets: 10_000, sameGender: 0.5, sessions: 'cross' }).prefault({}),
});
type SynthOptions = z.infer<typeof synthOptions>;

interface PlannedUtterance extends Utterance {
  gender: 'f' | 'm';
  session: string;
  samples: number;
}

export const synthReader: CorpusReader<typeof synthOptions> = {
  type: 'synth',
  language: 'no language: artificial voices',
  options: synthOptions,
  async prepare(options, context) {
    const planned = [
      ...planSpeakers('train', options.trainSpeakers, options.utterancesPerSpeaker, options, context),
      ...planSpeakers('test', options.testSpeakers, options.testUtterancesPerSpeaker, options, context),
    ];
    const written = await writeMissing(planned, options, context);
    const utterances = planned.map(({ samples: _, ...utterance }): Utterance => utterance);
    const { notes, ...tests } = madeTestTrials(utterances, options);
    const made = `${written} utterances synthesised, ${planned.length - written} found complete`;
    return { utterances, ...tests, notes: [made, ...notes] };
  },
};

/** All utterances of a split's speakers, with lengths and paths, before anything is synthesised. */
function planSpeakers(
  split: 'train' | 'test',
  speakers: number,
  utterances: number,
  { seed, duration: [shortest, longest], sampleRate, snr, sessionsPerSpeaker }: SynthOptions,
  { audioDir }: PrepareContext,
): PlannedUtterance[] {
  // Only what shapes the samples of one utterance names the folder, so that a larger corpus reuses a smaller one's
  // audio.
  const shape = {
    version: GENERATOR_VERSION,
    seed,
    duration: [shortest, longest],
    sampleRate,
    snr,
    sessionsPerSpeaker,
  };
  const folder = resolve(audioDir, `synth-${sha256Hex(stableJson(shape)).slice(0, 12)}`);
  return Array.from({ length: speakers * utterances }, (_, index) => {
    const speakerIndex = Math.floor(index / utterances);
    const utteranceIndex = index % utterances;
    const speaker = `${split}${pad(speakerIndex, 4)}`;
    const session = `${speaker}-s${utteranceIndex % sessionsPerSpeaker}`;
    const id = `${session}-u${pad(utteranceIndex, 3)}`;
    const seconds = shortest + (longest - shortest) * keyedRandom(seed, 'duration', id).uniform();
    const samples = Math.round(seconds * sampleRate);
    return {
      id,
      speaker,
      path: join(folder, speaker, `${id}.wav`),
      duration: samples / sampleRate,
      sampleRate,
      channels: 1,
      gender: speakerIndex % 2 === 0 ? 'f' : 'm',
      session,
      corpus: 'synth',
      split,
      samples,
    };
  });
}

const pad = (number: number, digits: number) => String(number).padStart(digits, '0');

/** Synthesises the utterances whose files are not there or not whole; returns how many. */
async function writeMissing(
  planned: readonly PlannedUtterance[],
  { seed, snr, sampleRate }: SynthOptions,
  { onProgress, signal }: PrepareContext,
): Promise<number> {
  let written = 0;
  for (const [index, { id, speaker, gender, session, path, samples }] of planned.entries()) {
    signal?.throwIfAborted();
    if (!(await isComplete(path, samples))) {
      const voice = makeVoice(seed, speaker, gender);
      writeWav(
        path,
        synthesizeUtterance({ seed, voice, utterance: id, session, snr, samples, sampleRate }),
        sampleRate,
      );
      written++;
      // Lets signals and the progress bar through.
      await setImmediate();
    }
    onProgress?.(index + 1, planned.length);
  }
  return written;
}

async function isComplete(path: string, samples: number): Promise<boolean> {
  if (!existsSync(path)) return false;
  return probeAudio(path).then(
    ({ frames }) => frames === samples,
    () => false,
  );
}
