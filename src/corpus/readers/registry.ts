/**
 * @file All corpora that acanet reads, and the checks that every one of them has to pass.
 *
 * A recipe's `corpus` block is `corpusOptions`: its `type` names the reader, the rest are that reader's options.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { cncelebReader } from './cnceleb.js';
import { unsetPlace, type CorpusReader, type PrepareContext, type PreparedCorpus } from './corpus-reader.js';
import { csvReader } from './csv.js';
import { checkEnrolment } from '../trials/enrolment.js';
import { folderReader } from './folder.js';
import { kaldiReader } from './kaldi.js';
import { lhotseReader } from './lhotse.js';
import { librispeechReader } from './librispeech.js';
import { checkSpeakersDisjoint, validateManifest } from '../manifest/manifest.js';
import { manifestReader } from './manifest-corpus.js';
import { createPoolReader } from './pool.js';
import { synthReader } from './synth.js';
import { checkTrials } from '../trials/trials.js';
import { voxcelebReader } from './voxceleb.js';
import { wsj0Reader } from './wsj0.js';

const singleReaders: Readonly<Record<string, CorpusReader>> = {
  [cncelebReader.type]: cncelebReader,
  [csvReader.type]: csvReader,
  [folderReader.type]: folderReader,
  [kaldiReader.type]: kaldiReader,
  [lhotseReader.type]: lhotseReader,
  [librispeechReader.type]: librispeechReader,
  [manifestReader.type]: manifestReader,
  [synthReader.type]: synthReader,
  [voxcelebReader.type]: voxcelebReader,
  [wsj0Reader.type]: wsj0Reader,
};

/** The options of one corpus. */
const singleOptions = z.discriminatedUnion('type', [
  cncelebReader.options,
  csvReader.options,
  folderReader.options,
  kaldiReader.options,
  lhotseReader.options,
  librispeechReader.options,
  manifestReader.options,
  synthReader.options,
  voxcelebReader.options,
  wsj0Reader.options,
]);
type SingleOptions = z.infer<typeof singleOptions>;

const poolReader = createPoolReader({
  part: singleOptions,
  prepare: (options: SingleOptions, context): Promise<PreparedCorpus> => prepareCorpus(options, context),
});

export const corpusReaders: Readonly<Record<string, CorpusReader>> = {
  ...singleReaders,
  [poolReader.type]: poolReader,
};

/** The languages of corpora, by their utterances' `corpus`: `English`; undefined where one of them is not known. */
export function languagesOf(corpora: Iterable<string>): string | undefined {
  const languages = Array.from(new Set(corpora), (corpus) => corpusReaders[corpus]?.language);
  return languages.includes(undefined) ? undefined : [...new Set(languages)].sort().join(', ');
}

/** Published protocols that corpora can be of. */
export const protocols = Object.values(corpusReaders).flatMap(({ protocol }) => protocol ?? []);

/** The `corpus` block of a recipe. */
export const corpusOptions = z.discriminatedUnion('type', [...singleOptions.options, poolReader.options]);
export type CorpusOptions = z.infer<typeof corpusOptions>;

/** Which places of a corpus are not named, or not there: one message each. @param key of the corpus in the recipe */
export function missingPlaces(corpus: CorpusOptions, key = 'corpus'): string[] {
  if (corpus.type === 'pool') {
    return Object.entries(corpus.of).flatMap(([name, part]) => missingPlaces(part, `${key}.of.${name}`));
  }
  const { places = {} } = corpusReaders[corpus.type];
  const given = new Map(Object.entries(corpus));
  const unset = (['source', 'lists'] as const).flatMap((place) => {
    const what = places[place];
    return what === undefined || given.get(place) ? [] : [unsetPlace(place, what, key)];
  });
  const gone = ['source', 'source2', 'lists'].flatMap((place) => {
    const path = given.get(place);
    if (typeof path !== 'string' || path === '' || existsSync(path)) return [];
    return [`${key}.${place}: ${resolve(path)}: there is no such file or folder`];
  });
  return [...unset, ...gone];
}

/**
 * Reads a corpus and checks it: a valid manifest, trials of known test utterances, no speaker in training and test.
 * Throws UserError.
 */
export async function prepareCorpus(options: CorpusOptions, context: PrepareContext): Promise<PreparedCorpus> {
  const where = 'source' in options && options.source ? options.source : `corpus ${options.type}`;
  const corpus = await corpusReaders[options.type].prepare(options, context);
  const { utterances, trials, enrolment, speakersOverlap = false } = corpus;
  if (utterances.length === 0) throw new UserError(`${where}: the corpus has no utterances`);
  validateManifest(utterances, { where });
  if (!speakersOverlap) checkSpeakersDisjoint(utterances, { where });
  if (trials) {
    const testIds = new Set(utterances.filter(({ split }) => split === 'test').map(({ id }) => id));
    checkTrials(trials, testIds, `${where}: trials`, enrolment);
    if (enrolment) checkEnrolment(enrolment, testIds, `${where}: enrolment`);
  }
  return corpus;
}
