/**
 * @file Which speakers are tested and by which trials, for corpora that leave it to the user (folder, csv, kaldi,
 * lhotse).
 *
 * Utterances that their corpus gives to a split stay there. The test speakers among the others are, in this order:
 * those named by `testSpeakers`, those of the trial list, a seeded share of the speakers with two utterances or more;
 * where the corpus itself has test utterances, none. With a share of 0 there need be no test: all is then for training,
 * which makes a manifest of recordings that are not a whole corpus, but no recipe's corpus. Trials come from a list
 * (`trials: FILE`, or one that lies in its usual place), or are made among the test utterances as the mapping `trials`
 * says (`test-trials.ts`).
 */
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { keyedRandom } from '../../random.js';
import type { PrepareContext } from './corpus-reader.js';
import { utterancesOfTrials } from '../trials/enrolment.js';
import { groupBy } from '../../group-by.js';
import type { ListedUtterance } from './listed-utterance.js';
import { compareIds, type Split, type Utterance } from '../manifest/manifest.js';
import { firstOf } from '../../problem-list.js';
import {
  madeTestTrials,
  readTestTrials,
  testTrialList,
  testTrialOptions,
  type TestTrialOptions,
  type TestTrials,
} from '../trials/test-trials.js';

/** Options that recipes of such corpora have in common. */
export const testSplitOptions = {
  /** Names of the test speakers; default: those of the trial list, else by `testShare`. */
  testSpeakers: z.array(z.string()).min(1).optional(),
  /** Share of the speakers that is held out for the test; 0: none. */
  testShare: z.number().gte(0).lt(1).default(0.2),
  seed: z.int().min(0).default(1),
  ...testTrialOptions(),
};
export interface TestSplitOptions extends TestTrialOptions {
  testSpeakers?: string[] | undefined;
  testShare: number;
  seed: number;
}

export interface TestSplit<T> {
  /** All that were given, each with its split. */
  listed: (T & { split: Split })[];
  /**
   * The list's trials, or those that are made of the utterances in the manifest's form; none where there is no test.
   */
  trialsOf(utterances: readonly Utterance[]): Partial<TestTrials> & Pick<TestTrials, 'notes'>;
  notes: string[];
}

/**
 * Gives every utterance a split. Throws UserError where test speakers are unknown or too few, where a trial names an
 * utterance that is not there or not in the test split.
 * @param where names the corpus; @param lists trial lists that lie where this corpus has them; @param
 *   makeTrials
 * whether trials are to be made where there is no list
 */
export async function splitOffTest<T extends ListedUtterance>(
  utterances: readonly T[],
  options: TestSplitOptions,
  {
    where,
    lists = [],
    makeTrials = true,
  }: { where: string; lists?: readonly string[] } & Pick<PrepareContext, 'makeTrials'>,
): Promise<TestSplit<T>> {
  const path = testTrialList(options, onlyList(lists, options));
  const ids = new Set(utterances.map(({ id }) => id));
  const tests = path === undefined ? undefined : await readTestTrials(path, ids, options);
  const unsplit = utterances.filter(({ split }) => split === undefined);
  const hasTest = utterances.some(({ split }) => split === 'test');
  const chosen =
    (unsplit.length === 0 || hasTest) && !options.testSpeakers
      ? { speakers: new Set<string>(), notes: [] }
      : chooseTestSpeakers(utterances, tests, options, where);
  if (options.testSpeakers) checkTestSpeakers(utterances, options.testSpeakers, where);
  const listed = utterances.map((utterance) => {
    const split: Split = utterance.split ?? (chosen.speakers.has(utterance.speaker) ? 'test' : 'train');
    return { ...utterance, split };
  });
  if (!listed.some(({ split }) => split === 'test')) {
    if (options.testShare === 0) return { listed, trialsOf: () => ({ notes: [] }), notes: chosen.notes };
    throw new UserError(
      `${where}: no utterance is left for the test; say which with corpus.test or corpus.testSpeakers`,
    );
  }
  const make = (made: readonly Utterance[]) => (makeTrials ? madeTestTrials(made, options) : { notes: [] });
  return { listed, trialsOf: (made) => tests ?? make(made), notes: chosen.notes };
}

/** The list that is meant where none is named. @throws UserError where several lie beside the test data */
function onlyList(lists: readonly string[], { trials }: Pick<TestSplitOptions, 'trials'>): string | undefined {
  const distinct = [...new Set(lists)];
  const [first, ...others] = distinct;
  if (others.length === 0 || typeof trials === 'string') return first;
  throw new UserError(
    `expected one trial list beside the test data, got ${distinct.length}: ${firstOf(distinct)}\n  join them into one file, and name it with corpus.trials`,
  );
}

/** @throws UserError for test speakers that the corpus itself puts elsewhere */
function checkTestSpeakers(utterances: readonly ListedUtterance[], names: readonly string[], where: string): void {
  const wanted = new Set(names.map(withoutSpaces));
  const other = utterances.find(({ speaker, split }) => wanted.has(speaker) && split !== undefined && split !== 'test');
  if (other) {
    throw new UserError(
      `${where}: corpus.testSpeakers: the corpus itself puts ${other.speaker} into ${other.split} (${other.id}); take it out of corpus.testSpeakers`,
    );
  }
}

function chooseTestSpeakers(
  utterances: readonly ListedUtterance[],
  tests: TestTrials | undefined,
  { testSpeakers, testShare, seed }: TestSplitOptions,
  where: string,
): { speakers: Set<string>; notes: string[] } {
  const utterancesOf = groupBy(utterances, ({ speaker }) => speaker);
  if (testSpeakers) {
    const names = testSpeakers.map(withoutSpaces);
    const unknown = names.filter((name) => !utterancesOf.has(name));
    if (unknown.length === 0) {
      return { speakers: new Set(names), notes: [`test speakers: ${names.length} named by testSpeakers`] };
    }
    throw new UserError(`corpus.testSpeakers: no such speaker in ${where}: ${firstOf(unknown)}`);
  }
  if (tests) {
    const inTrials = utterancesOfTrials(tests.trials, tests.enrolment);
    const speakers = new Set(utterances.filter(({ id }) => inTrials.has(id)).map(({ speaker }) => speaker));
    return { speakers, notes: [`test speakers: the ${speakers.size} of the trial list`] };
  }
  if (testShare === 0) return { speakers: new Set(), notes: ['no test speakers: all is for training (testShare: 0)'] };
  const candidates = [...utterancesOf].filter(([, own]) => own.length >= 2).map(([speaker]) => speaker);
  const wanted = Math.max(2, Math.round(testShare * utterancesOf.size));
  if (candidates.length < wanted || utterancesOf.size - wanted < 2) {
    throw new UserError(
      `${where}: cannot hold out ${wanted} of ${utterancesOf.size} speakers for the test: expected as many with two ` +
        `utterances or more (found ${candidates.length}) and two speakers left for training\n` +
        'Name the test speakers with corpus.testSpeakers, add recordings, or take all for training with corpus.testShare=0.',
    );
  }
  const drawn = keyedRandom(seed, 'test-speakers').shuffle(candidates.sort(compareIds)).slice(0, wanted);
  return {
    speakers: new Set(drawn),
    notes: [`test speakers: ${wanted} of ${utterancesOf.size} drawn with seed ${seed}`],
  };
}

/** Ids are split at white space wherever they are listed. */
export const withoutSpaces = (name: string): string => name.replace(/\s+/gu, '_');
