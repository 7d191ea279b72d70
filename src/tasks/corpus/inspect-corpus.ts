/**
 * @file The last thing `prep` does: listening to the audio of its manifest, so that no later stage meets a file it
 * cannot use.
 *
 * Audio that is unreadable, has NaN, or is too short for one frame is an error; everything else is counted in a table.
 * What was measured is kept in `inspection.jsonl`, where `acanet data stats` finds it again.
 */
import { z } from 'zod';
import { createInspectionFile, inspectAudio } from '../../corpus/inspection/audio-inspection.js';
import { tallyOverlap } from '../../corpus/inspection/duplicate-audio.js';
import { type InspectionSummary, tallyInspection } from '../../corpus/inspection/inspection-summary.js';
import type { Utterance } from '../../corpus/manifest/manifest.js';
import { counted, firstOf } from '../../problem-list.js';
import { keyedRandom } from '../../random.js';
import { formatInspection } from '../../report/inspection-table.js';
import type { FeatureOptions } from '../../features/options.js';

/** How many utterances are listened to: `all`, `none`, or so many, drawn with the recipe's seed. */
export const inspectOption = z
  .union([z.enum(['all', 'none']), z.int().positive()], { error: 'expected all, none or a number of utterances' })
  .default('all');
export type InspectOption = z.infer<typeof inspectOption>;

export interface InspectCorpusOptions {
  /** Those of the manifest, in its order. */
  utterances: readonly Utterance[];
  manifest: string;
  inspect: InspectOption;
  features: Pick<FeatureOptions, 'frameLength' | 'sampleRate' | 'otherRates'>;
  seed: number;
  log(line: string): void;
  progress(what: string, done: number, total: number, detail?: string): void;
  signal?: AbortSignal;
  /** What measures the utterances, in their order (default: `inspectAudio`). */
  listen?: typeof inspectAudio;
}

/**
 * Prints the table, and what of the test is trained on. Undefined where nothing was to be inspected. Throws UserError
 * for audio that cannot be used.
 */
export async function inspectCorpus({
  utterances,
  manifest,
  inspect,
  features,
  seed,
  log,
  progress,
  signal,
  listen = inspectAudio,
}: InspectCorpusOptions): Promise<InspectionSummary | undefined> {
  if (inspect === 'none') {
    log('  audio not inspected (inspect: none)');
    return undefined;
  }
  const chosen = chooseToInspect(utterances, { inspect, seed });
  const { frameLength, sampleRate, otherRates } = features;
  const tally = tallyInspection({ shortest: frameLength / 1000, sampleRate, resampled: otherRates !== undefined });
  const inspection = listen(chosen, {
    signal,
    onProgress: ({ done, total, audioSeconds }) =>
      progress('inspect', done, total, `${Math.round(audioSeconds)} s of audio`),
  });
  const overlap = tallyOverlap();
  const file = await createInspectionFile(manifest);
  try {
    let index = 0;
    for await (const result of inspection) {
      tally.add(result, chosen[index]);
      overlap.add(result, chosen[index++]);
      file.add(result);
    }
    const summary = tally.summary(utterances.length);
    log(formatInspection(summary).trimEnd().replace(/^/gm, '  '));
    tally.throwIfFatal(manifest);
    const pairs = overlap.pairs();
    if (pairs.length > 0) {
      log(
        `! the audio of ${counted(pairs.length, 'test utterance')} is also trained on, so the test is too easy: ${firstOf(pairs)}`,
      );
    }
    file.commit();
    return summary;
  } catch (error) {
    file.abort();
    throw error;
  }
}

/** The utterances that are listened to, in their order. */
export function chooseToInspect(
  utterances: readonly Utterance[],
  { inspect, seed }: Pick<InspectCorpusOptions, 'inspect' | 'seed'>,
): readonly Utterance[] {
  if (inspect === 'none') return [];
  return inspect === 'all' ? utterances : sample(utterances, inspect, seed);
}

/** So many of them, in their order. */
function sample(utterances: readonly Utterance[], count: number, seed: number): readonly Utterance[] {
  if (count >= utterances.length) return utterances;
  const indices = Array.from({ length: utterances.length }, (_, index) => index);
  const chosen = keyedRandom(seed, 'inspect').shuffle(indices).slice(0, count);
  return chosen.sort((a, b) => a - b).map((index) => utterances[index]);
}
