/**
 * @file Corpus `cnceleb`: CN-Celeb1 and CN-Celeb2, Chinese celebrities in eleven genres, 16 kHz (Fan et al., ICASSP 2020;
 * Li et al., Speech Communication 2022).
 *
 * Description: CN-Celeb1 has 1000 speakers (800 to train on, the others for the evaluation), CN-Celeb2 2000 more. Files
 * are `data/idXXXXX/<genre>-<recording>-<piece>.flac`; a session is one recording of a speaker in a genre. Many pieces
 * last under two seconds. Genders are not known. Licence: CC BY-SA 4.0; openslr.org/82.
 * Layout: as unpacked (`CN-Celeb_flac/{data,dev,eval}`); lists that say `.wav` mean the `.flac` of that name.
 * Split: training is the speakers of `dev/dev.lst` and, with `source2`, CN-Celeb2 (those of its `spk.lst`); the test is
 * `eval/enroll` and `eval/test`. `data/` also holds the evaluation's speakers: they are left out, and counted.
 * Trials: `eval/lists/trials.lst` or a file. A model is enrolled by the one file that CN-Celeb made of its recordings,
 * `eval/enroll/idXXXXX-enroll.flac`, an utterance of its own; the map of its parts (`enroll.map`) is not used.
 */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readTextLines } from '../storage/text-lines.js';
import { requireSource, type CorpusReader } from './corpus-reader.js';
import { toUtterances, type ListedUtterance } from './listed-utterance.js';
import type { Split } from './manifest.js';
import { firstOf, throwProblems } from './problem-list.js';
import { formatsOption, listRecordings, refuseTwins, stem } from './recording-files.js';
import { describeTrialList } from './test-split.js';
import { checkTrials, readTrials, type Trial } from './trials.js';

const cncelebOptions = z.strictObject({
  type: z.literal('cnceleb'),
  /** CN-Celeb1: the folder with data, dev and eval, or the one above it. */
  source: z.string().optional(),
  /** CN-Celeb2, to train on it too: the folder with data and spk.lst, or the one above it. */
  source2: z.string().optional(),
  /** The file of a trial list; default: eval/lists/trials.lst. */
  trials: z.string().min(1).optional(),
  formats: formatsOption,
});

type Listed = ListedUtterance & { split: Split };

export const cncelebReader: CorpusReader<typeof cncelebOptions> = {
  type: 'cnceleb',
  options: cncelebOptions,
  async prepare({ source, source2, trials: list, formats }, context) {
    const given = resolve(requireSource(source, 'the folder of CN-Celeb1'));
    const root = findRoot(given, ['', 'CN-Celeb_flac', 'CN-Celeb', 'CN-Celeb_wav'], 'eval/lists');
    const root2 =
      source2 === undefined
        ? undefined
        : findRoot(resolve(source2), ['', 'CN-Celeb2_flac', 'CN-Celeb2', 'CN-Celeb2_wav'], 'data');
    const parts = [await trainingPart(join(root, 'data'), join(root, 'dev/dev.lst'), formats)];
    if (root2 !== undefined) parts.push(await trainingPart(join(root2, 'data'), join(root2, 'spk.lst'), formats));
    const test = await evaluationPart(join(root, 'eval'), formats);
    const path = list ?? join(root, 'eval/lists/trials.lst');
    const trials = readCncelebTrials(path, join(root, 'eval/lists/enroll.lst'), new Set(test.map(({ id }) => id)));
    const where = root2 === undefined ? root : `${root} and ${root2}`;
    const listed = [...parts.flatMap((part) => part.listed), ...test];
    const { utterances, notes } = await toUtterances(listed, { corpus: 'cnceleb', where, context });
    return {
      utterances,
      trials,
      notes: [...parts.flatMap((part) => part.notes), await describeTrialList(path, trials), ...notes],
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
): Promise<{ listed: Listed[]; notes: string[] }> {
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
    listed: kept.map((file) => {
      const [speaker, name] = stem(file).split('/');
      const path = join(folder, file);
      return { id: `${speaker}-${name}`, speaker, path, session: sessionOf(speaker, name), split: 'train' };
    }),
    notes: [
      ...(listedSpeakers ? [] : [`no ${listPath}: all ${found.size} speakers of ${folder} are trained on`]),
      ...(left > 0
        ? [`left out ${left} recordings of ${speakersLeft} speakers that are not in ${basename(listPath)}`]
        : []),
    ],
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

async function evaluationPart(folder: string, formats: readonly string[] | undefined): Promise<Listed[]> {
  const listed: Listed[] = [];
  for (const part of ['enroll', 'test']) {
    const { audio } = await listRecordings(join(folder, part), formats);
    const idOf = (file: string) => stem(basename(file));
    refuseTwins(audio, idOf, join(folder, part));
    const astray = audio.filter((file) => !/^id\d{5}-/.test(basename(file)));
    throwProblems(astray, { where: join(folder, part), what: 'audio files are not idXXXXX-….flac' });
    for (const file of audio) {
      const id = idOf(file);
      const speaker = id.slice(0, 7);
      const session = part === 'enroll' ? `${speaker}/enroll` : sessionOf(speaker, id.slice(8));
      listed.push({ id, speaker, path: join(folder, part, file), session, split: 'test' });
    }
  }
  return listed;
}

/** `id00800-enroll test/id00800-singing-01-001.wav 1` lines; `enroll.lst` says which file a model is. */
function readCncelebTrials(path: string, enrollPath: string, ids: ReadonlySet<string>): Trial[] {
  const idOf = new Map<string, string>();
  if (existsSync(enrollPath)) {
    for (const { text, number } of readTextLines(enrollPath, { what: 'the enrolment list' })) {
      const fields = text.trim().split(/\s+/);
      if (fields[0] === '') continue;
      if (fields.length !== 2) {
        throw new UserError(
          `${enrollPath}:${number}: expected a model and its one file, got ${fields.length} fields: ${firstOf(fields)}`,
        );
      }
      idOf.set(fields[0], stem(basename(fields[1])));
    }
  }
  const resolveName = (name: string) => {
    const id = idOf.get(name) ?? stem(basename(name));
    idOf.set(name, id);
    return id;
  };
  const trials = readTrials(path).map((trial) => ({
    ...trial,
    enroll: resolveName(trial.enroll),
    test: resolveName(trial.test),
  }));
  checkTrials(trials, ids, path);
  return trials;
}
