/**
 * @file Corpus `folder`: one's own recordings, one folder a speaker: `source/speaker/…/utterance.{wav,flac}`.
 *
 * Description: the first folder level is the speaker; folders between it and the file, if any, are the session. An id is
 * the path below the source without its extension (`anna/monday/001`), white space replaced by `_`, so ids are unique.
 * Licence: the user's own.
 * Split: the test speakers are named (`testSpeakers`), or those of the source's `trials.txt`, or a seeded share of the
 * speakers with two utterances or more. `trials.txt` may name utterances with or without extension; without the file
 * trials are made. Genders are not known.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { keyedRandom } from '../random.js';
import { audioFields, describeAudio, describeOthers, listAudioFiles, probeAudioFiles } from './audio-files.js';
import { requireSource, type CorpusReader } from './corpus-reader.js';
import { bySpeaker, compareIds, validateManifest, type Utterance } from './manifest.js';
import { firstOf } from './problem-list.js';
import { makeTrials, trialOptions } from './trial-making.js';
import { checkTrials, readTrials, type Trial } from './trials.js';

const folderOptions = z.strictObject({
  type: z.literal('folder'),
  /** The folder that holds one folder a speaker. */
  source: z.string().optional(),
  /** Names of the test speakers' folders; default: from trials.txt, else by `testShare`. */
  testSpeakers: z.array(z.string()).min(1).optional(),
  /** Share of the speakers that is held out for the test. */
  testShare: z.number().gt(0).lt(1).default(0.2),
  seed: z.int().default(1),
  trials: trialOptions(),
});
type FolderOptions = z.infer<typeof folderOptions>;

export const folderReader: CorpusReader<typeof folderOptions> = {
  type: 'folder',
  options: folderOptions,
  async prepare(options, { onProgress, signal }) {
    const source = resolve(requireSource(options.source, 'a folder with one folder a speaker'));
    const listing = await listAudioFiles(source);
    const files = listing.audio;
    if (files.length === 0) {
      throw new UserError(`${source}: expected speaker/…/utterance.wav or .flac below it, found no such file`);
    }
    const outside = files.filter((file) => !file.includes('/'));
    if (outside.length > 0) {
      throw new UserError(
        `${source}: ${outside.length} audio files are in no speaker's folder: ${firstOf(outside)}\n` +
          'Expected speaker/…/utterance: is the source one level too deep, or are these to be moved?',
      );
    }
    checkSpeakerNames(files, source);
    const paths = files.map((file) => join(source, file));
    const infos = await probeAudioFiles(paths, { where: source, onProgress, signal });
    const utterances = files.map((file, index): Utterance => {
      const [speaker, ...below] = stem(file).split('/');
      const session = below.slice(0, -1).join('/');
      return {
        id: idOf(file),
        speaker: withoutSpaces(speaker),
        path: paths[index],
        ...audioFields(infos[index]),
        ...(session ? { session: `${speaker}/${session}` } : {}),
        corpus: 'folder',
        split: 'train',
      };
    });
    validateManifest(utterances, { where: source });

    const listed = readListedTrials(join(source, 'trials.txt'), utterances);
    const chosen = chooseTestSpeakers(utterances, listed, options, source);
    for (const utterance of utterances) if (chosen.speakers.has(utterance.speaker)) utterance.split = 'test';
    const test = utterances.filter(({ split }) => split === 'test');
    const trials = listed ?? makeTrials(test, { seed: options.seed, ...options.trials });
    const notes = [
      `test speakers: ${chosen.how}`,
      `trials: ${listed ? 'from trials.txt' : 'made among the test utterances'}`,
    ];
    return { utterances, trials, notes: [...notes, ...describeAudio(infos), ...describeOthers(listing)] };
  },
};

const stem = (file: string) => file.replace(/\.[^./]+$/, '');
const withoutSpaces = (name: string) => name.replace(/\s+/g, '_');
const idOf = (file: string) => withoutSpaces(stem(file));

/** Two folders whose names differ in white space only would become one speaker. */
function checkSpeakerNames(files: readonly string[], source: string): void {
  const folderOf = new Map<string, string>();
  for (const [folder] of files.map((file) => file.split('/'))) {
    const speaker = withoutSpaces(folder);
    const other = folderOf.get(speaker) ?? folder;
    folderOf.set(speaker, other);
    if (other === folder) continue;
    throw new UserError(`${source}: folders "${other}" and "${folder}" would both be speaker ${speaker}; rename one`);
  }
}

/** The trials of `trials.txt`, if it is there, under the manifest's ids. */
function readListedTrials(path: string, utterances: readonly Utterance[]): Trial[] | undefined {
  if (!existsSync(path)) return undefined;
  const ids = new Set(utterances.map(({ id }) => id));
  const known = (name: string) => (!ids.has(name) && ids.has(stem(name)) ? stem(name) : name);
  const trials = readTrials(path).map(({ enroll, test, target }) => ({
    enroll: known(enroll),
    test: known(test),
    target,
  }));
  checkTrials(trials, ids, path);
  return trials;
}

function chooseTestSpeakers(
  utterances: readonly Utterance[],
  listed: readonly Trial[] | undefined,
  { testSpeakers, testShare, seed }: FolderOptions,
  source: string,
): { speakers: Set<string>; how: string } {
  const utterancesOf = bySpeaker(utterances);
  if (testSpeakers) {
    const names = testSpeakers.map(withoutSpaces);
    const unknown = names.filter((name) => !utterancesOf.has(name));
    if (unknown.length === 0) return { speakers: new Set(names), how: `${names.length} named by testSpeakers` };
    throw new UserError(`corpus.testSpeakers: no such folder in ${source}: ${firstOf(unknown)}`);
  }
  if (listed) {
    const inTrials = new Set(listed.flatMap(({ enroll, test }) => [enroll, test]));
    const speakers = new Set(utterances.filter(({ id }) => inTrials.has(id)).map(({ speaker }) => speaker));
    return { speakers, how: `the ${speakers.size} of trials.txt` };
  }
  const candidates = [...utterancesOf].filter(([, own]) => own.length >= 2).map(([speaker]) => speaker);
  const wanted = Math.max(2, Math.round(testShare * utterancesOf.size));
  if (candidates.length < wanted || utterancesOf.size - wanted < 2) {
    throw new UserError(
      `${source}: cannot hold out ${wanted} of ${utterancesOf.size} speakers for the test: expected as many with two ` +
        `utterances or more (found ${candidates.length}) and two speakers left for training\n` +
        'Name the test speakers with corpus.testSpeakers, or add recordings.',
    );
  }
  const drawn = keyedRandom(seed, 'test-speakers').shuffle(candidates.sort(compareIds)).slice(0, wanted);
  return { speakers: new Set(drawn), how: `${wanted} of ${utterancesOf.size} drawn with seed ${seed}` };
}
