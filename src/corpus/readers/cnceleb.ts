/**
 * @file Corpus `cnceleb`: CN-Celeb1 and CN-Celeb2, Chinese celebrities in eleven genres, 16 kHz (Fan et al., ICASSP
 * 2020; Li et al., Speech Communication 2022).
 *
 * Description: CN-Celeb1 has 1000 speakers (800 to train on, the others for the evaluation), CN-Celeb2 2000 more. Files
 * are `data/idXXXXX/<genre>-<recording>-<piece>.flac`; a session is one recording of a speaker in a genre. Many pieces
 * last under two seconds. Genders are not known. Licence: CC BY-SA 4.0; openslr.org/82.
 * Layout: as unpacked (`CN-Celeb_flac/{data,dev,eval}`); lists that say `.wav` mean the `.flac` of that name.
 * Split: training is the speakers of `dev/dev.lst` and, with `source2`, CN-Celeb2 (those of its `spk.lst`); the test is
 * `eval/enroll` and `eval/test`. `data/` also holds the evaluation's speakers: they are left out, and counted.
 * Trials: `eval/lists/trials.lst` or a file. A model is enrolled by the one file that CN-Celeb made of its recordings,
 * `eval/enroll/idXXXXX-enroll.flac`, an utterance of its own; or, with `enroll: parts` or where there is no such file,
 * by these recordings each: `eval/lists/enroll.map` names them, as files below `data`, and their embeddings are
 * averaged. Results of the two are not comparable.
 */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { readTextLines } from '../../storage/text-lines.js';
import { readTrialsOfFiles, readTrialsOfParts } from './cnceleb-trials.js';
import { refuseSecondWithin, requireSource, type CorpusReader, type PreparedCorpus } from './corpus-reader.js';
import { toUtterances, type ListedUtterance } from './listed-utterance.js';
import type { Split } from '../manifest/manifest.js';
import { throwProblems } from '../../problem-list.js';
import { formatsOption, listRecordings, refuseTwins, stem } from './recording-files.js';
import { describeTrialList } from '../trials/test-trials.js';
import { checkTrials, readTrials, type Trial } from '../trials/trials.js';

const cncelebOptions = z.strictObject({
  type: z.literal('cnceleb'),
  /** CN-Celeb1: the folder with data, dev and eval, or the one above it. */
  source: z.string().optional(),
  /** CN-Celeb2, to train on it too: the folder with data and spk.lst, or the one above it. */
  source2: z.string().optional(),
  /** The file of a trial list; default: eval/lists/trials.lst. */
  trials: z.string().min(1).optional(),
  /** A model's one file, or the recordings that it was made of; default: the file, if there are such files. */
  enroll: z.enum(['concatenated', 'parts']).optional(),
  formats: formatsOption,
});

type Listed = ListedUtterance & { split: Split };

const PLACES = { source: 'the folder of CN-Celeb1' };

export const cncelebReader: CorpusReader<typeof cncelebOptions> = {
  type: 'cnceleb',
  language: 'Mandarin Chinese',
  options: cncelebOptions,
  places: PLACES,
  async prepare({ source, source2, trials: list, enroll, formats }, context) {
    const given = resolve(requireSource(source, PLACES.source));
    const root = findRoot(given, ['', 'CN-Celeb_flac', 'CN-Celeb', 'CN-Celeb_wav'], 'eval/lists');
    const root2 =
      source2 === undefined
        ? undefined
        : findRoot(resolve(source2), ['', 'CN-Celeb2_flac', 'CN-Celeb2', 'CN-Celeb2_wav'], 'data');
    if (root2 !== undefined) refuseSecondWithin(join(root, 'data'), join(root2, 'data'));
    const first = await trainingPart(join(root, 'data'), join(root, 'dev/dev.lst'), formats);
    const parts = [first];
    if (root2 !== undefined) parts.push(await trainingPart(join(root2, 'data'), join(root2, 'spk.lst'), formats));
    const path = list ?? join(root, 'eval/lists/trials.lst');
    const byParts = (enroll ?? (existsSync(join(root, 'eval/enroll')) ? 'concatenated' : 'parts')) === 'parts';
    const test = byParts
      ? await testOfParts(root, path, first.audio, formats)
      : await testOfFiles(join(root, 'eval'), path, formats);
    const { listed: testListed, notes: testNotes, ...tests } = test;
    refuseTested(
      parts.flatMap((part) => part.listed),
      testListed,
      join(root, 'dev/dev.lst'),
    );
    const where = root2 === undefined ? root : `${root} and ${root2}`;
    const listed = [...parts.flatMap((part) => part.listed), ...testListed];
    const { utterances, notes } = await toUtterances(listed, { corpus: 'cnceleb', where, context });
    return {
      utterances,
      ...tests,
      notes: [
        ...parts.flatMap((part) => part.notes),
        describeTrialList(path, readTrials(path, { models: byParts })),
        ...testNotes,
        ...notes,
      ],
    };
  },
};

function findRoot(given: string, names: readonly string[], needed: string): string {
  const root = names.map((name) => join(given, name)).find((folder) => existsSync(join(folder, needed)));
  if (root !== undefined) return root;
  throw new UserError(`${given}: expected CN-Celeb's folder, with ${needed} in it or in ${names.slice(1).join(', ')}`);
}

/** The speakers of a list (all, where it is missing) below a `data` folder: `idXXXXX/<genre>-<recording>-<piece>`. */
async function trainingPart(
  folder: string,
  listPath: string,
  formats: readonly string[] | undefined,
): Promise<{ audio: string[]; listed: Listed[]; notes: string[] }> {
  const { audio } = await listRecordings(folder, formats);
  refuseTwins(audio, stem, folder);
  const astray = audio.filter((file) => !/^id\d{5}\/[^/]+$/.test(file));
  throwProblems(astray, { where: folder, what: 'audio files are not idXXXXX/<genre>-<recording>-<piece>' });
  const listedSpeakers = existsSync(listPath) ? readSpeakers(listPath) : undefined;
  const found = new Set(audio.map((file) => file.slice(0, 7)));
  const missing = [...(listedSpeakers ?? [])].filter((speaker) => !found.has(speaker));
  throwProblems(missing, {
    where: listPath,
    what: `of its ${listedSpeakers?.size ?? 0} speakers have no recordings in ${folder}`,
    remedy: 'Is the corpus unpacked whole?',
  });
  const kept = listedSpeakers ? audio.filter((file) => listedSpeakers.has(file.slice(0, 7))) : audio;
  if (kept.length === 0) throw new UserError(`${folder}: expected idXXXXX/*.flac below it, found no audio file`);
  const left = audio.length - kept.length;
  const speakersLeft = found.size - (listedSpeakers?.size ?? found.size);
  return {
    audio,
    listed: kept.map((file) => recordingOf(folder, file, 'train')),
    notes: [
      ...(listedSpeakers ? [] : [`no ${listPath}: all ${found.size} speakers of ${folder} are trained on`]),
      ...(left > 0
        ? [`not trained on: ${left} recordings of ${speakersLeft} speakers that are not in ${basename(listPath)}`]
        : []),
    ],
  };
}

/** @throws UserError where speakers of the evaluation would be trained on */
function refuseTested(trained: readonly Listed[], tested: readonly Listed[], devList: string): void {
  const speakers = new Set(tested.map(({ speaker }) => speaker));
  const both = [...new Set(trained.map(({ speaker }) => speaker))].filter((speaker) => speakers.has(speaker));
  throwProblems(both, {
    where: devList,
    what: 'speakers of the evaluation would be trained on',
    one: 'speaker of the evaluation would be trained on',
    remedy: existsSync(devList)
      ? 'Take them out of this list.'
      : 'This list is missing: it names the speakers that are trained on. Is the corpus unpacked whole?',
  });
}

/** `data/id00800/singing-01-002.flac` is the utterance that `eval/test` calls `id00800-singing-01-002`. */
function recordingOf(folder: string, file: string, split: Split): Listed {
  const [speaker, name] = stem(file).split('/');
  return {
    id: `${speaker}-${name}`,
    speaker,
    path: join(folder, file),
    session: sessionOf(speaker, name),
    split,
  };
}

/** `singing-01-002` and `singing-01-003` are pieces of one recording. */
const sessionOf = (speaker: string, name: string) => `${speaker}/${name.split('-').slice(0, 2).join('-')}`;

function readSpeakers(path: string): Set<string> {
  const speakers = new Set<string>();
  for (const { text, number } of readTextLines(path, { what: 'the speakers' })) {
    const speaker = text.trim();
    if (speaker === '') continue;
    if (!/^id\d{5}$/.test(speaker)) {
      throw new UserError(`${path}:${number}: expected a speaker such as id00000, got ${JSON.stringify(speaker)}`);
    }
    speakers.add(speaker);
  }
  if (speakers.size === 0) throw new UserError(`${path}: expected speakers, got an empty file`);
  return speakers;
}

interface TestPart extends Pick<PreparedCorpus, 'enrolment' | 'notes'> {
  listed: Listed[];
  trials: Trial[];
}

/** Models are the files of `eval/enroll`. */
async function testOfFiles(folder: string, list: string, formats: readonly string[] | undefined): Promise<TestPart> {
  const enrolled = await evaluationFolder(join(folder, 'enroll'), formats);
  const tested = await evaluationFolder(join(folder, 'test'), formats);
  const listed = [...enrolled.map((item) => ({ ...item, session: `${item.speaker}/enroll` })), ...tested];
  const ids = new Set(listed.map(({ id }) => id));
  return { listed, trials: readTrialsOfFiles(list, join(folder, 'lists/enroll.lst'), ids), notes: [] };
}

/** Models are recordings of `data`, whose audio files are given. */
async function testOfParts(
  root: string,
  list: string,
  data: readonly string[],
  formats: readonly string[] | undefined,
): Promise<TestPart> {
  const tested = await evaluationFolder(join(root, 'eval/test'), formats);
  const ids = new Set(tested.map(({ id }) => id));
  const folder = join(root, 'data');
  const map = join(root, 'eval/lists/enroll.map');
  const { trials, models } = readTrialsOfParts(list, map);
  const fileOf = new Map(data.map((file) => [stem(file), file]));
  const missing: string[] = [];
  const enrolled = new Map<string, Listed>();
  const enrolment = new Map<string, string[]>();
  for (const [model, names] of models) {
    const own = names.map((name) => {
      const file = fileOf.get(name);
      if (file === undefined) missing.push(`${model}: ${name}`);
      const item = recordingOf(folder, file ?? name, 'test');
      // A recording that is tested too is one utterance.
      if (!ids.has(item.id)) enrolled.set(item.id, item);
      return item.id;
    });
    enrolment.set(model, own);
  }
  throwProblems(missing, { where: map, what: `recordings of models are not in ${folder}` });
  checkTrials(trials, ids, list, enrolment);
  return {
    listed: [...tested, ...enrolled.values()],
    trials,
    enrolment,
    notes: [`enrolment: ${enrolment.size} models of ${enrolled.size} recordings, by enroll.map`],
  };
}

/** `idXXXXX-….flac` files. */
async function evaluationFolder(folder: string, formats: readonly string[] | undefined): Promise<Listed[]> {
  const { audio } = await listRecordings(folder, formats);
  const idOf = (file: string) => stem(basename(file));
  refuseTwins(audio, idOf, folder);
  const astray = audio.filter((file) => !/^id\d{5}-/.test(basename(file)));
  throwProblems(astray, { where: folder, what: 'audio files are not idXXXXX-….flac' });
  return audio.map((file) => {
    const id = idOf(file);
    const speaker = id.slice(0, 7);
    return { id, speaker, path: join(folder, file), session: sessionOf(speaker, id.slice(8)), split: 'test' };
  });
}
