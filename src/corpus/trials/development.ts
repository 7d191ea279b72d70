/**
 * @file Development data: utterances that are not trained on, to watch training and to choose models.
 *
 * A corpus may bring its own (split `dev`); they are used as they are unless the recipe says more. Otherwise a seeded
 * part of the training utterances is held out: `speakers` holds out whole speakers (unseen voices, as in the test),
 * `utterances` so many utterances of every speaker (seen voices; leaves more speakers to train on). Where a corpus
 * brings development utterances and speakers are held out, those of held-out and of other speakers join, while those of
 * speakers who stay in training are left out: their voices are known.
 *
 * With `segment` development utterances are cut into pieces of that many seconds (`<id>_s0`, `<id>_s1`, …), which is
 * needed where speakers have one utterance only. Pieces of one utterance share its session, so development trials are
 * then easier than the test's. The test split is passed through untouched.
 */
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { groupBy } from '../../group-by.js';
import { keyedRandom } from '../../random.js';
import { inGenderShares } from '../manifest/gender-shares.js';
import { bySpeaker, compareIds, type Utterance } from '../manifest/manifest.js';
import { makeTrials, trialOptions } from './trial-making.js';
import { checkTrials, type Trial } from './trials.js';

export const developmentOptions = z
  .strictObject({
    /**
     * Held-out speakers: a number of them, or below 1 a share of the training speakers. Both null: the corpus's own.
     */
    speakers: z.number().positive().nullable().default(null),
    /** Held-out utterances of each training speaker. */
    utterances: z.int().positive().nullable().default(null),
    /** Length of the pieces that held-out utterances are cut into, seconds; default: not cut. */
    segment: z.number().positive().nullable().default(null),
    seed: z.int().min(0).default(1),
    trials: trialOptions({ maxTargets: 2000, maxNontargets: 10_000 }),
  })
  .refine(({ speakers, utterances }) => speakers === null || utterances === null, {
    error: 'expected either speakers or utterances; set the other to null',
  })
  .refine(({ speakers }) => speakers === null || speakers < 1 || Number.isInteger(speakers), {
    error: 'expected a whole number of speakers, or a share below 1',
    path: ['speakers'],
  });
export type DevelopmentOptions = z.infer<typeof developmentOptions>;

export interface Development {
  /** All utterances: training ones that remain, development pieces (split `dev`), test ones as they were. */
  utterances: Utterance[];
  /** Trials among the development pieces. */
  trials: Trial[];
  notes: string[];
}

/**
 * Chooses the development utterances and makes trials among them. Throws UserError where there are none to choose,
 * where too few speakers have two pieces, or too few stay in training. @param partOf of several corpora in one: trials are within each
 */
export function holdOutDevelopment(
  utterances: readonly Utterance[],
  options: DevelopmentOptions,
  { partOf }: { partOf?: (utterance: Utterance) => string } = {},
): Development {
  const training = utterances.filter(({ split }) => split === 'train');
  const heldOut = holdOut(distinctAudio(training), options);
  const chosen = new Set(heldOut.map(audioOf));
  const isChosen = (utterance: Utterance) => utterance.split === 'train' && chosen.has(audioOf(utterance));
  const remaining = new Set(training.filter((utterance) => !isChosen(utterance)).map(({ speaker }) => speaker));
  if (remaining.size < 2) {
    throw new UserError(
      `development: ${remaining.size} speakers would stay in training, expected 2 or more; hold out fewer`,
    );
  }
  const own = utterances.filter(({ split }) => split === 'dev');
  const seen = options.speakers === null ? [] : own.filter(({ speaker }) => remaining.has(speaker));
  const left = new Set(seen);
  const development = [...own.filter((utterance) => !left.has(utterance)), ...heldOut];
  if (development.length === 0) {
    throw new UserError(
      'development: this corpus brings no development utterances, and none are to be held out of training\n' +
        'Set development.speakers (unseen voices) or development.utterances (of every training speaker).',
    );
  }
  const { pieces, how } = cutAll(development, options);
  const { trials, notes: trialNotes } = trialsWithin(partOf ? [...groupBy(pieces, partOf)] : [['', pieces]], options);
  checkTrials(trials, new Set(pieces.map(({ id }) => id)), 'development trials');
  const heldOutSpeakers = bySpeaker(heldOut).size;
  const whole = bySpeaker(training).size - heldOutSpeakers;
  const kept = development.length - heldOut.length;
  return {
    utterances: [...utterances.filter((utterance) => utterance.split !== 'dev' && !isChosen(utterance)), ...pieces],
    trials,
    notes: [
      ...(kept > 0 ? [describeOwn(development.slice(0, kept), remaining)] : []),
      ...(heldOut.length > 0
        ? [`development: ${heldOut.length} utterances of ${heldOutSpeakers} speakers held out of training`]
        : []),
      ...(how ? [`development: ${how}`] : []),
      ...trialNotes,
      ...(options.utterances !== null && whole > 0
        ? [`development: ${whole} speakers have ${options.utterances} utterances or fewer and stay in training whole`]
        : []),
      ...(seen.length > 0
        ? [`development: ${seen.length} utterances of the corpus left out, as their speakers are trained on`]
        : []),
    ],
  };
}

/** Trials within each part, which share the maxima. @throws UserError where no part has any */
function trialsWithin(
  parts: readonly (readonly [name: string, pieces: readonly Utterance[]])[],
  { seed, trials: options }: DevelopmentOptions,
): { trials: Trial[]; notes: string[] } {
  const made = (count: number) =>
    parts.map(([name, pieces]) => {
      const most = (all: number) => Math.ceil(all / count);
      const own = { ...options, maxTargets: most(options.maxTargets), maxNontargets: most(options.maxNontargets) };
      try {
        return { trials: makeTrials(pieces, { seed, ...own }), notes: [] };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        const [why] = error.message.split('\n');
        return { trials: [], notes: [`development: no trials within ${name}: ${why}`], error };
      }
    });
  const first = made(parts.length);
  const failure = first.find(({ error }) => error)?.error;
  const count = first.filter(({ error }) => !error).length;
  if (failure && count === 0) throw failure;
  // Those that have some share what the others leave.
  const all = failure ? made(count) : first;
  return { trials: all.flatMap(({ trials }) => trials), notes: all.flatMap(({ notes }) => notes) };
}

function holdOut(training: readonly Utterance[], options: DevelopmentOptions): Utterance[] {
  const { speakers, utterances, seed } = options;
  if (speakers !== null) return chooseSpeakers(training, speakers, options);
  return utterances === null ? [] : chooseUtterances(training, utterances, seed);
}

const audioOf = ({ path, offset, channel }: Utterance): string =>
  offset === undefined && channel === undefined ? path : `${path} ${offset ?? 0} ${channel ?? 0}`;

/**
 * One utterance for each piece of audio: how often training takes it, and with what silence, says nothing of a trial.
 */
function distinctAudio(training: readonly Utterance[]): Utterance[] {
  const byAudio = new Map<string, Utterance>();
  for (const utterance of training) byAudio.set(audioOf(utterance), utterance);
  return Array.from(byAudio.values(), (utterance) => {
    if (utterance.repeats === undefined && utterance.trailingSilence === undefined) return utterance;
    const { repeats: _, trailingSilence: __, ...rest } = utterance;
    return rest;
  });
}

function describeOwn(own: readonly Utterance[], trained: ReadonlySet<string>): string {
  const speakers = bySpeaker(own);
  const seen = [...speakers.keys()].filter((speaker) => trained.has(speaker)).length;
  const voices = seen === 0 ? 'none of them' : seen === speakers.size ? 'all of them' : `${seen} of them`;
  return `development: ${own.length} utterances of ${speakers.size} speakers from the corpus, ${voices} in training too`;
}

/**
 * Cuts as `segment` says. A corpus's own utterances are cut in halves where speakers have but one: no pair is of one
 * voice.
 */
function cutAll(development: readonly Utterance[], options: DevelopmentOptions): { pieces: Utterance[]; how?: string } {
  const { segment, speakers, utterances } = options;
  const usable = (pieces: readonly Utterance[]) => [...bySpeaker(pieces).values()].filter((own) => own.length >= 2);
  const pieces = development.flatMap((utterance) => cut(utterance, segment));
  if (usable(pieces).length >= 2) {
    return segment === null ? { pieces } : { pieces, how: `cut into ${pieces.length} pieces of about ${segment} s` };
  }
  if (segment !== null || speakers !== null || utterances !== null) {
    throw new UserError(tooFew(2, usable(pieces).length, options));
  }
  const halves = development.flatMap((utterance) => cut(utterance, utterance.duration / 2));
  if (usable(halves).length < 2) throw new UserError(tooFew(2, usable(halves).length, options));
  const how = `cut in halves, as there is one utterance a speaker; halves share a session, so these trials are easy`;
  return { pieces: halves, how };
}

/** Whole speakers, drawn so that the genders' shares are kept, among those with two pieces or more. */
function chooseSpeakers(training: readonly Utterance[], speakers: number, options: DevelopmentOptions): Utterance[] {
  const { segment, seed } = options;
  const utterancesOf = bySpeaker(training);
  const wanted = speakers < 1 ? Math.max(2, Math.round(speakers * utterancesOf.size)) : speakers;
  const candidates = [...utterancesOf.keys()]
    .filter((speaker) => utterancesOf.get(speaker)!.flatMap((utterance) => cut(utterance, segment)).length >= 2)
    .sort(compareIds);
  if (candidates.length < Math.max(wanted, 2)) throw new UserError(tooFew(wanted, candidates.length, options));
  keyedRandom(seed, 'development').shuffle(candidates);
  const chosen = inGenderShares(candidates, (speaker) => utterancesOf.get(speaker)![0].gender).slice(0, wanted);
  return chosen
    .sort(compareIds)
    .flatMap((speaker) => utterancesOf.get(speaker)!.toSorted((a, b) => compareIds(a.id, b.id)));
}

/** So many utterances of every speaker who keeps at least one for training. */
function chooseUtterances(training: readonly Utterance[], count: number, seed: number): Utterance[] {
  return [...bySpeaker(training)]
    .sort(([a], [b]) => compareIds(a, b))
    .flatMap(([speaker, own]) => {
      if (own.length <= count) return [];
      const shuffled = keyedRandom(seed, 'development', speaker).shuffle(
        own.toSorted((a, b) => compareIds(a.id, b.id)),
      );
      return shuffled.slice(0, count).sort((a, b) => compareIds(a.id, b.id));
    });
}

/** Consecutive pieces of `segment` seconds; a rest of less than half a segment stays with the last piece. */
function cut(utterance: Utterance, segment: number | null): Utterance[] {
  const { id, offset = 0, duration, sampleRate } = utterance;
  if (segment === null) return [{ ...utterance, split: 'dev' }];
  const total = Math.round(duration * sampleRate);
  const length = Math.max(1, Math.round(segment * sampleRate));
  const pieces = Math.max(1, Math.floor(total / length + 0.5));
  return Array.from({ length: pieces }, (_, index) => {
    const from = index * length;
    const to = index === pieces - 1 ? total : from + length;
    return {
      ...utterance,
      id: `${id}_s${index}`,
      offset: offset + from / sampleRate,
      duration: (to - from) / sampleRate,
      split: 'dev',
    };
  });
}

function tooFew(wanted: number, found: number, { segment, utterances }: DevelopmentOptions): string {
  const cutting = segment === null ? '' : ` of ${segment} s`;
  const mend =
    utterances === null
      ? 'Hold out fewer speakers, or cut their utterances with a (shorter) development.segment.'
      : 'Raise development.utterances, or cut the utterances with a (shorter) development.segment.';
  return `development: expected ${wanted} speakers with two pieces${cutting} or more, found ${found}\n${mend}`;
}
