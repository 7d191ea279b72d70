/**
 * @file Scores trials as a recipe's `scoring` or a model folder's says, with embeddings that are there.
 *
 * Whatever a back-end or a cohort knows of the speakers of the trials flatters the result, so an overlap is said, with
 * names, and kept in `backend.json` beside the scores.
 */
import { existsSync, statSync } from 'node:fs';
import { utterancesOfTrials, type Enrolment } from '../../corpus/trials/enrolment.js';
import { firstOf } from '../../problem-list.js';
import { createEngine, type EngineOptions } from '../../engine/create-engine.js';
import { internal, UserError } from '../../errors.js';
import { scoreWithBackend, speakerMeans, trainBackend, type BackendData } from '../../scoring/backend/backend.js';
import {
  needsCohort,
  needsTraining,
  scoringInForce,
  type ScoringOptions,
} from '../../scoring/backend/backend-options.js';
import type { EmbeddingMap, Pair } from '../../scoring/backend/pair-scorer.js';
import type { SpeakerEmbeddings } from '../../scoring/backend/speaker-statistics.js';
import { readEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { fileSha256Now } from '../../storage/hashing.js';
import type { Reporting } from '../model-work.js';

/** What the scores were made with. */
export interface BackendRecord {
  scoring: Partial<ScoringOptions>;
  training?: { utterances: number; speakers: number };
  cohort?: { members: number };
  warnings: string[];
  notes: readonly string[];
}

export interface ScoreEmbeddingsOptions extends Reporting {
  settings: { readonly scoring: ScoringOptions; readonly engine: EngineOptions };
  trials: readonly Pair[];
  enrolment?: Enrolment;
  embeddings: EmbeddingMap;
  /** Embeddings of training utterances; read where the scoring needs them. */
  trainingArchive?: string;
  /** Who speaks in the utterances of the training, of the cohort and of the trials, as far as it is known. */
  speakers: () => readonly { readonly id: string; readonly speaker: string }[];
}

export async function scoreEmbeddings({
  settings: { scoring, engine },
  trials,
  enrolment,
  embeddings,
  trainingArchive,
  speakers,
  log,
  progress,
  signal,
}: ScoreEmbeddingsOptions): Promise<{
  scores: Float64Array;
  record: BackendRecord;
  /** The mean cohort score of each model and utterance, where scores are normalised. */
  cohortMeans?: ReadonlyMap<string, number>;
}> {
  const warnings: string[] = [];
  const notes: string[] = [];
  const record: BackendRecord = { scoring: scoringInForce(scoring), warnings, notes };
  const known = needsTraining(scoring) || needsCohort(scoring) ? speakers() : [];
  const data = backendData({ scoring, trainingArchive, speakers: () => known });
  if (needsTraining(scoring) || needsCohort(scoring)) {
    const speakerOf = new Map(known.map(({ id, speaker }) => [id, speaker]));
    const tested = new Map(
      Array.from(utterancesOfTrials(trials, enrolment), (id) => [speakerOf.get(id) ?? id, id] as const),
    );
    if (data.training) {
      const utterances = [...data.training.values()].reduce((sum, { size }) => sum + size, 0);
      record.training = { utterances, speakers: data.training.size };
      warnings.push(...overlap('the back-end is made of utterances of', [...data.training.keys()], tested));
    }
    if (data.cohort) {
      record.cohort = { members: data.cohort.size };
      if (scoring.cohort.from !== 'train') {
        const ids = [...data.cohort.keys()];
        const speakers = ids.map((id) => speakerOf.get(id) ?? id);
        warnings.push(...overlap('the cohort holds', speakers, tested));
        const unknown = scoring.cohort.of === 'speakers' ? 0 : ids.filter((id) => !speakerOf.has(id)).length;
        notes.push(...strangers(unknown, data.cohort.size));
      }
    }
    for (const warning of warnings) log(`! ${warning}`);
  }
  const [first = []] = embeddings.values();
  const backend = trainBackend(scoring, data, first.length);
  notes.push(...backend.notes);
  for (const note of notes) log(`  ${note}`);
  const cohortMeans = new Map<string, number>();
  const scores = await scoreWithBackend(backend, {
    trials,
    embeddings,
    enrolment,
    openEngine: () => createEngine(engine),
    onCohortMeans: (means) => {
      for (const [id, mean] of means) cohortMeans.set(id, mean);
    },
    onProgress: (done, total) => progress('cohort', done, total),
    signal,
  });
  return { scores, record, ...(cohortMeans.size > 0 && { cohortMeans }) };
}

/** What a back-end is made of, read from where the scoring says. @throws UserError naming speakers that are not known */
export function backendData({
  scoring,
  trainingArchive,
  speakers,
}: Pick<ScoreEmbeddingsOptions, 'trainingArchive' | 'speakers'> & { scoring: ScoringOptions }): BackendData {
  if (!needsTraining(scoring) && !needsCohort(scoring)) return {};
  const speakerOf = new Map(speakers().map(({ id, speaker }) => [id, speaker]));
  if (needsTraining(scoring) && trainingArchive === undefined) {
    throw internal('scoring needs embeddings of training utterances');
  }
  const training = needsTraining(scoring)
    ? bySpeaker(readEmbeddings(trainingArchive!), speakerOf, trainingArchive!)
    : undefined;
  const cohort = needsCohort(scoring) ? cohortMembers(scoring, training, speakerOf) : undefined;
  return { ...(training && { training }), ...(cohort && { cohort }) };
}

/**
 * What tells one cohort file from another, for the hash of a stage's settings; undefined for a cohort of the recipe's.
 */
export function cohortFile(scoring: ScoringOptions): { sha256: string } | undefined {
  const { from } = scoring.cohort;
  if (!needsCohort(scoring) || from === 'train' || !existsSync(from)) return undefined;
  const { size, mtimeMs, ino } = statSync(from);
  const key = JSON.stringify([from, size, mtimeMs, ino]);
  const sha256 = cohortHashes.get(key) ?? fileSha256Now(from);
  cohortHashes.set(key, sha256);
  return { sha256 };
}

/** Every run of a recipe asks for the same. */
const cohortHashes = new Map<string, string>();

/** The embeddings of a cohort from elsewhere. @throws UserError */
export function readCohort(from: string): EmbeddingMap {
  if (existsSync(from)) return readEmbeddings(from);
  throw new UserError(
    `${from}: no such archive of embeddings (scoring.cohort.from)\n  make one with: acanet embed … --out X.ark, or take the cohort from train`,
  );
}

/** The members of a cohort: of the training utterances, or from elsewhere. @throws UserError */
export function cohortMembers(
  { cohort: { from, of } }: ScoringOptions,
  training: SpeakerEmbeddings | undefined,
  speakerOf: ReadonlyMap<string, string>,
): EmbeddingMap {
  if (from === 'train' && training) {
    return of === 'speakers' ? speakerMeans(training) : new Map([...training.values()].flatMap((each) => [...each]));
  }
  const embeddings = readCohort(from);
  return of === 'speakers' ? speakerMeans(bySpeaker(embeddings, speakerOf, from)) : embeddings;
}

/** @throws UserError naming utterances whose speakers are not known */
function bySpeaker(
  embeddings: EmbeddingMap,
  speakerOf: ReadonlyMap<string, string>,
  where: string,
): Map<string, Map<string, ArrayLike<number>>> {
  const unknown = [...embeddings.keys()].filter((id) => !speakerOf.has(id));
  if (unknown.length > 0) {
    throw new UserError(
      `${where}: the speakers of ${unknown.length} of ${embeddings.size} utterances are not known, as they are not in the manifest: ${firstOf(unknown)}\n` +
        'take a cohort of utterances, or an archive of utterances of this corpus',
    );
  }
  const speakers = new Map<string, Map<string, ArrayLike<number>>>();
  for (const [id, embedding] of embeddings) {
    const speaker = speakerOf.get(id)!;
    let own = speakers.get(speaker);
    if (!own) speakers.set(speaker, (own = new Map()));
    own.set(id, embedding);
  }
  return speakers;
}

const strangers = (unknown: number, members: number): string[] =>
  unknown === 0
    ? []
    : [
        `who speaks in ${unknown} of the ${members} utterances of the cohort is not in the manifest, so whether the trials have these speakers too is not known`,
      ];

function overlap(what: string, speakers: readonly string[], tested: ReadonlyMap<string, string>): string[] {
  const both = [...new Set(speakers)].filter((speaker) => tested.has(speaker)).sort();
  if (both.length === 0) return [];
  return [
    `${what} ${both.length} of the ${tested.size} speakers of the trials, which flatters the result: ${firstOf(both)}`,
  ];
}
