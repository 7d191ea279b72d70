/**
 * @file Corpus `wsj0`: WSJ0-1talker, the protocol on which ACA-Net was published.
 *
 * Description: read Wall Street Journal sentences, 16 kHz, one close microphone (CSR-I, LDC93S6A). The protocol takes
 * the single talkers of the two-talker mixtures WSJ0-2mix-extr at 8 kHz: 20,000 training and 5,000 development files of
 * the same 101 speakers (utterances repeat, as one utterance is in several mixtures), 1,857 enrolments and 51,000
 * trials of 18 unseen speakers. 396 trials are listed more than once and count again, as published. Licence: LDC's user
 * agreement; the audio is bought from the LDC. Split and trials: the published lists (`wsj0-lists.ts`); audio is found
 * by utterance id (`wsj0-discs.ts`).
 *
 * A published training file is the utterance at another level, followed by digital silence where the other talker spoke
 * longer. The level is a constant on log energies, which mean normalisation takes away; the silence is an option.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { audioFields, describeAudio } from './audio-files.js';
import { requirePlace, requireSource, type CorpusReader, type PreparedCorpus } from './corpus-reader.js';
import { groupBy } from '../../group-by.js';
import { compareIds, type Utterance } from '../manifest/manifest.js';
import { firstOf } from '../../problem-list.js';
import { chooseFiles, findUtterances, type DiscFiles, type FoundUtterance } from './wsj0-discs.js';
import {
  countLists,
  describeCounts,
  holdsLists,
  publishedCounts,
  readWsj0Lists,
  sessionOf,
  speakerOf,
  unpublishedLists,
  type ListedMixture,
  type Wsj0Lists,
} from './wsj0-lists.js';

/** Rate of the published mixtures, in whose samples the silence is counted. */
const MIXTURE_RATE = 8000;

const count = (value: number): string => value.toLocaleString('en');

const wsj0Options = z.strictObject({
  type: z.literal('wsj0'),
  /** A folder with the discs of LDC93S6A, or with converted files, in any layout. */
  source: z.string().optional(),
  /** A clone of the published lists. */
  lists: z.string().optional(),
  /** `official`: an utterance is trained on as often as the training list names it; `unique`: once an epoch. */
  repeats: z.enum(['official', 'unique']).default('official'),
  /** `max`: with the silence that the published files end with, to the length of the mixture; `none`: without. */
  trailingSilence: z.enum(['none', 'max']).default('none'),
  /** Go on without utterances that are not there; results are then marked as partial. */
  allowMissing: z.boolean().default(false),
});
type Wsj0Options = z.infer<typeof wsj0Options>;

const PLACES = {
  source: 'the folder with the WSJ0 discs (LDC93S6A, from the Linguistic Data Consortium)',
  lists: 'a clone of the WSJ0-1talker lists, github.com/xuchenglin28/target_speaker_verification',
};

export const wsj0Reader: CorpusReader<typeof wsj0Options> = {
  type: 'wsj0',
  language: 'English',
  options: wsj0Options,
  places: PLACES,
  protocol: 'wsj0-1talker',
  async prepare(options, { onProgress, signal }) {
    const source = resolve(requireSource(options.source, PLACES.source));
    const lists = readLists(source, options);
    const files = await findUtterances(source, new Set(neededBy(lists, options).keys()));
    const missing = findMissing({ source, lists, files, options });
    const { found, notes } = await chooseFiles(files.paths, { source, onProgress, signal });
    const covered = coverLists(lists, found, source);
    const { utterances, notes: silenceNotes } = makeUtterances(covered, found, options);
    return {
      utterances,
      trials: covered.trials,
      notes: [
        `lists: ${describeCounts(countLists(lists))}; ${describeLists(lists)}`,
        ...notes,
        ...files.notes,
        ...describeAudio([...found.values()].map(({ info }) => info)),
        ...describeMissing(missing, lists, covered),
        `training: ${describeRepeats(covered.training, options)}`,
        ...silenceNotes,
      ],
      ...describePartial(lists, covered, missing),
    };
  },
};

function readLists(source: string, options: Wsj0Options): Wsj0Lists {
  const lists = resolve(requirePlace('lists', options.lists, PLACES.lists));
  if (!holdsLists(lists) && holdsLists(source)) {
    throw new UserError(
      `${source}: expected the WSJ0 discs, found the lists\nAre --source (corpus.source) and --lists (corpus.lists) swapped?`,
    );
  }
  return readWsj0Lists(lists);
}

/** Every utterance that the protocol needs, and the first part of it that does. */
function neededBy(lists: Wsj0Lists, { trailingSilence }: Wsj0Options): Map<string, string> {
  const needed = new Map<string, string>();
  const need = (ids: readonly string[], part: string) => {
    for (const id of ids) if (!needed.has(id)) needed.set(id, part);
  };
  need(
    lists.training.map(({ s1 }) => s1),
    'training',
  );
  need(
    lists.development.map(({ s1 }) => s1),
    'development',
  );
  need(lists.enrolment, 'test');
  need(
    lists.trials.flatMap(({ enroll, test }) => [enroll, test]),
    'test',
  );
  if (trailingSilence === 'max') {
    // The mixture is as long as the longer of the two.
    need(
      lists.training.map(({ s2 }) => s2),
      'other talkers',
    );
  }
  return needed;
}

/** What is missing, by part. */
interface Missing {
  total: number;
  parts: Map<string, string[]>;
  needed: number;
}

/** Counts what is not there. @throws UserError unless that is allowed, and where nothing at all was found */
function findMissing({
  source,
  lists,
  files,
  options,
}: {
  source: string;
  lists: Wsj0Lists;
  files: DiscFiles;
  options: Wsj0Options;
}): Missing {
  const needed = neededBy(lists, options);
  if (files.paths.size === 0) {
    throw new UserError(
      `${source}: expected files named after WSJ0 utterances, such as 11-1.1/wsj0/si_tr_s/011/011c0201.wv1, ` +
        `found ${files.files} audio files and none of those that the lists name` +
        `${files.secondMicrophoneOnly.length > 0 ? ' but the second microphone (.wv2)' : ''}\n` +
        'Point --source (corpus.source) at the folder that holds the discs.',
    );
  }
  const parts = groupBy([...needed.keys()].filter((id) => !files.paths.has(id)).sort(compareIds), (id) =>
    needed.get(id)!,
  );
  const ids = [...parts.values()].flat();
  const missing = { total: ids.length, parts, needed: needed.size };
  if (ids.length === 0 || options.allowMissing) return missing;
  const speakers = new Set([...files.paths.keys()].map(speakerOf));
  const absent = [...new Set(ids.map(speakerOf))].filter((speaker) => !speakers.has(speaker));
  const second = new Set(files.secondMicrophoneOnly);
  const lines = [
    `${source}: ${count(ids.length)} of ${count(needed.size)} utterances are not there (${describeParts(parts)}):`,
    firstOf(
      ids.map((id) => `  ${id} (${needed.get(id)})${second.has(id) ? ': only the second microphone, .wv2' : ''}`),
      '\n',
    ),
    ...(absent.length > 0 ? [`Nothing at all of ${absent.length} speakers: ${firstOf(absent)}`] : []),
    'Copy or mount the missing discs below the folder, or go on with the covered trials: --allow-missing ' +
      '(corpus.allowMissing), which marks every result as partial.',
  ];
  throw new UserError(lines.join('\n'));
}

const describeParts = (parts: ReadonlyMap<string, string[]>) =>
  [...parts].map(([part, ids]) => `${part} ${count(ids.length)}`).join(', ');

/** The lists without what was not found. @throws UserError where nothing is left of a part */
function coverLists(lists: Wsj0Lists, found: ReadonlyMap<string, FoundUtterance>, source: string): Wsj0Lists {
  const covered = {
    folder: lists.folder,
    training: lists.training.filter(({ s1 }) => found.has(s1)),
    development: lists.development.filter(({ s1 }) => found.has(s1)),
    enrolment: lists.enrolment.filter((id) => found.has(id)),
    trials: lists.trials.filter(({ enroll, test }) => found.has(enroll) && found.has(test)),
  };
  const empty = (['training', 'development', 'trials'] as const).filter((part) => covered[part].length === 0);
  if (empty.length === 0) return covered;
  const what = { training: 'training utterance', development: 'development utterance', trials: 'trial' };
  throw new UserError(
    `${source}: no ${empty.map((part) => what[part]).join(' and no ')} of the lists is covered by the audio there\n` +
      'Training and development speakers are in si_tr_s, those of the trials in si_dt_05 and si_et_05.',
  );
}

/** One manifest entry for each piece of audio that training, development or trials use. */
function makeUtterances(
  { training, development, enrolment, trials }: Wsj0Lists,
  found: ReadonlyMap<string, FoundUtterance>,
  { repeats, trailingSilence }: Wsj0Options,
): { utterances: Utterance[]; notes: string[] } {
  const make = (id: string, split: Utterance['split']): Utterance => {
    const { path, info } = found.get(id)!;
    return { id, speaker: speakerOf(id), path, ...audioFields(info), session: sessionOf(id), corpus: 'wsj0', split };
  };
  const unknown = training.filter(({ s2 }) => !found.has(s2)).length;
  const silence = ({ s1, s2 }: ListedMixture): number => {
    const other = found.get(s2);
    if (trailingSilence === 'none' || !other) return 0;
    return Math.max(0, mixtureSamples(other) - mixtureSamples(found.get(s1)!)) / MIXTURE_RATE;
  };
  const entries = groupBy(training, (mixture) => (silence(mixture) > 0 ? `${mixture.s1}+${mixture.s2}` : mixture.s1));
  const train = [...entries].map(([id, mixtures]): Utterance => {
    const seconds = silence(mixtures[0]);
    return {
      ...make(mixtures[0].s1, 'train'),
      id,
      ...(repeats === 'official' && mixtures.length > 1 ? { repeats: mixtures.length } : {}),
      ...(seconds > 0 ? { trailingSilence: seconds } : {}),
    };
  });
  const dev = new Set(development.map(({ s1 }) => s1));
  const test = new Set([...enrolment, ...trials.flatMap((trial) => [trial.enroll, trial.test])]);
  const padded = train.filter((utterance) => utterance.trailingSilence !== undefined);
  return {
    utterances: [
      ...train.sort((a, b) => compareIds(a.id, b.id)),
      ...[...dev].sort(compareIds).map((id) => make(id, 'dev')),
      ...[...test].sort(compareIds).map((id) => make(id, 'test')),
    ],
    notes: trailingSilence === 'none' ? [] : [describeSilence(padded, train.length, unknown)],
  };
}

/** Length of an utterance in a mixture: resampled to 8 kHz. */
const mixtureSamples = ({ info }: FoundUtterance) => Math.ceil((info.frames * MIXTURE_RATE) / info.sampleRate);

function describeSilence(padded: readonly Utterance[], entries: number, unknown: number): string {
  const seconds = padded.reduce((sum, { trailingSilence = 0 }) => sum + trailingSilence, 0);
  return (
    `training: ${padded.length} of ${entries} utterances end with digital silence, ${(seconds / 3600).toFixed(2)} h in all` +
    (unknown > 0
      ? `; of ${unknown} files it is not known, as the other talker's utterance is missing, so none is added`
      : '')
  );
}

function describeRepeats(training: readonly ListedMixture[], { repeats }: Wsj0Options): string {
  const distinct = new Set(training.map(({ s1 }) => s1)).size;
  const files = `${count(training.length)} files are ${count(distinct)} distinct utterances`;
  return repeats === 'official'
    ? `${files}; each is trained on as often as it is listed (repeats: official)`
    : `${files}; each is trained on once an epoch (repeats: unique)`;
}

function describeLists(lists: Wsj0Lists): string {
  const changed = unpublishedLists(lists);
  return changed.length === 0
    ? 'all ids and counts are the published ones'
    : `not the whole published protocol (${changed.join(', ')}), which has ${describeCounts(publishedCounts)}`;
}

function describeMissing({ total, needed, parts }: Missing, lists: Wsj0Lists, covered: Wsj0Lists): string[] {
  if (total === 0) return [];
  const share = (part: 'training' | 'development' | 'enrolment' | 'trials', what: string) =>
    `${count(covered[part].length)} of ${count(lists[part].length)} ${what}`;
  return [
    `missing: ${count(total)} of ${count(needed)} utterances (${describeParts(parts)}); left are ` +
      `${share('training', 'training files')}, ${share('development', 'development files')}, ` +
      `${share('enrolment', 'enrolments')}, ${share('trials', 'trials')}`,
  ];
}

/** The sentence that marks results on less, or on other, than the published protocol. */
function describePartial(
  lists: Wsj0Lists,
  covered: Wsj0Lists,
  { total, needed }: Missing,
): Pick<PreparedCorpus, 'partial'> {
  const changed = unpublishedLists(lists);
  if (changed.length === 0 && total === 0) return {};
  const { trials, trainingFiles } = publishedCounts;
  const reasons = [
    ...(changed.length > 0 ? [`lists cut down or changed (${changed.join(', ')})`] : []),
    ...(total > 0 ? [`${count(total)} of ${count(needed)} utterances missing`] : []),
  ];
  return {
    partial:
      `partial WSJ0-1talker: ${count(covered.trials.length)} of ${count(trials)} trials, ` +
      `${count(covered.training.length)} of ${count(trainingFiles)} training files; ${reasons.join('; ')}`,
  };
}
