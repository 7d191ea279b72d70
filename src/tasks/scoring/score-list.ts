/**
 * @file Scores any trial list with a model folder or with embeddings that are there: no recipe, labels or not. What is
 * missing is embedded; what was embedded before is taken from a cache.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { refuseOverwriting, refuseStageFolder } from '../../storage/overwriting.js';
import { findEnrolment, utterancesOfTrials, type Enrolment } from '../../corpus/trials/enrolment.js';
import { readTrialPairs, type TrialPairs } from '../../corpus/trials/trial-pairs.js';
import { refuseConflicts } from '../../corpus/trials/trials.js';
import { isSelfTrial } from '../../corpus/trials/trials.js';
import type { EngineOptions } from '../../engine/create-engine.js';
import { UserError } from '../../errors.js';
import { counted } from '../../problem-list.js';
import { needsTraining, scoringInForce, type ScoringOptions } from '../../scoring/backend/backend-options.js';
import { applyCalibration } from '../../scoring/calibration/calibration.js';
import { evaluateLabelled, type Evaluation } from '../../scoring/measures/evaluation.js';
import { measures } from '../../scoring/measures/measure-table.js';
import { asLinear } from '../../scoring/profile/learn-decisions.js';
import { readProfileSpeakers } from '../../scoring/profile/profile-speakers.js';
import { profileSources, readScoringProfile, type ScoringProfile } from '../../scoring/profile/scoring-profile.js';
import { writeScores, writeScoresCsv } from '../../scoring/scores/scores-file.js';
import { writeJsonAtomic } from '../../storage/atomic-write.js';
import { stableJson } from '../../storage/hashing.js';
import type { Reporting } from '../model-work.js';
import { embeddingsForList, type ListAudio } from './list-embeddings.js';
import { scoreEmbeddings } from './score-embeddings.js';

export interface ScoreListOptions extends Reporting, ListAudio {
  list: string;
  /** The models that the trials enroll. Default: the map kept beside the list, where it has them all. */
  enrollMap?: string;
  /** Absent: only embeddings that are given are scored. */
  modelDir?: string;
  engine: EngineOptions;
  /** How to score; given is what the model's own folder says, if it does. */
  scoringFor: (own: ScoringOptions | undefined) => ScoringOptions;
  /** Also log-likelihood ratios, by the calibration of the model folder. */
  calibrate: boolean;
  out: string;
  /** `out` was not named by the user: scores of another list or model that lie there are not replaced. */
  outByDefault?: boolean;
}

/** Which labels a list has. */
export type LabelsOfList = 'both kinds' | 'targets only' | 'nontargets only' | 'none';

export interface ScoredList {
  folder: string;
  trials: number;
  labels: LabelsOfList;
  /** How ids of the list were understood, where they are not those of the audio. */
  mapping?: string;
  /** Utterances that were embedded now, that were embedded before, and that were given. */
  embedded: { now: number; before: number; given: number };
  /** Where trials of both kinds are labelled. */
  evaluation?: Evaluation;
  /** Of the log-likelihood ratios, where they were asked for and can be judged. */
  calibrated?: Evaluation;
  llrs?: string;
}

/** Scores a list into `scores.txt`, `scores.csv`, `backend.json` and, with labels, `metrics.json`. @throws UserError */
export async function scoreList(options: ScoreListOptions): Promise<ScoredList> {
  const { list, enrollMap, modelDir, engine, calibrate, out, ...reporting } = options;
  const { log } = reporting;
  refuseOverwriting(
    ['scores.txt', 'scores.csv', 'metrics.json', 'backend.json', 'llrs.txt', 'cohort-mean.txt'].map((name) =>
      join(out, name),
    ),
    [list, enrollMap, ...options.audio, ...options.embeddings],
  );
  refuseStageFolder(out);
  const scored = whatIsScored(options);
  if (options.outByDefault) refuseOtherScores(out, scored);
  const trials = readTrialPairs(list);
  const labels = labelsOf(trials);
  log(`${trials.path}: ${counted(trials.pairs.length, 'trial')} (${trials.form}), labels: ${labels}`);
  if (trials.ignored.length > 0) log(`  columns that are not used: ${trials.ignored.join(', ')}`);
  const found = findEnrolment(list, trials.pairs, enrollMap);
  const { labels: kinds } = trials;
  if (kinds) {
    const labelled = trials.pairs.map((pair, i) => ({ ...pair, target: kinds[i] === 1 }));
    refuseConflicts(labelled, trials.path, { models: found !== undefined });
  }
  if (found) log(`  enrolment ids are the ${counted(found.enrolment.size, 'model')} of ${found.path}`);
  const themselves = describeSelfTrials(trials.pairs, found?.enrolment);
  for (const note of themselves) log(`! ${note}`);
  const profile = modelDir === undefined ? undefined : readScoringProfile(modelDir);
  const sources = profile && profileSources(modelDir!, profile);
  const scoring = options.scoringFor(sources?.scoring);
  if (needsTraining(scoring) && !sources) refuseWithoutTraining(modelDir);
  const calibration = calibrate ? calibrationFor(scoring, { profile, own: sources?.scoring, modelDir }) : undefined;
  const wanted = utterancesOfTrials(trials.pairs, found?.enrolment);
  const { embeddings, speakers, mapping, embedded } = await embeddingsForList(wanted, {
    ...options,
    list: trials.path,
  });
  const notes = noteOnDrawn(scoring, profile);
  for (const note of notes) log(`  ${note}`);
  const { scores, record } = await scoreEmbeddings({
    ...reporting,
    settings: { scoring, engine },
    trials: trials.pairs,
    enrolment: found?.enrolment,
    embeddings,
    trainingArchive: sources?.trainingArchive,
    speakers: () => [...(sources ? readProfileSpeakers(sources.speakersFile) : []), ...speakers],
  });
  const files = (name: string) => join(out, name);
  const labelled = trials.pairs.map((pair, i) => ({
    ...pair,
    ...(trials.labels && { target: trials.labels[i] === 1 }),
  }));
  writeScores(files('scores.txt'), labelled, scores);
  writeScoresCsv(files('scores.csv'), labelled, scores);
  writeJsonAtomic(files('backend.json'), { ...record, scored, notes: [...record.notes, ...notes, ...themselves] });
  const judge = (values: Float64Array, name: string, calibrated: boolean) =>
    labels === 'both kinds' ? evaluateLabelled(values, trials.labels!, { where: files(name), calibrated }) : undefined;
  const evaluation = judge(scores, 'scores.txt', false);
  if (evaluation) writeJsonAtomic(files('metrics.json'), evaluation);
  else rmSync(files('metrics.json'), { force: true });
  const llrs = calibration && applyCalibration(asLinear(calibration), [scores]);
  if (llrs) writeScores(files('llrs.txt'), labelled, llrs);
  else rmSync(files('llrs.txt'), { force: true });
  const calibrated = llrs && judge(llrs, 'llrs.txt', true);
  return {
    ...{ folder: out, trials: labelled.length, labels, embedded },
    ...(mapping !== undefined && { mapping }),
    ...(evaluation && { evaluation }),
    ...(llrs && { llrs: files('llrs.txt') }),
    ...(calibrated && { calibrated }),
  };
}

/** What a list without trials of both kinds cannot be judged by; undefined where it can. */
export function whyNoFigures({ trials, labels }: Pick<ScoredList, 'trials' | 'labels'>): string | undefined {
  if (labels === 'both kinds') return undefined;
  const titles = measures.map(({ title }) => title);
  const all = `${titles.slice(0, -1).join(', ')} and ${titles.at(-1)}`;
  if (labels === 'none') return `${counted(trials, 'trial')} without labels: scores, but no figures of them`;
  const kind = labels === 'targets only' ? 'target' : 'nontarget';
  return `${counted(trials, 'trial')}, all of them ${kind} trials: ${all} need trials of both kinds, so there are scores only`;
}

function labelsOf({ labels, pairs }: TrialPairs): LabelsOfList {
  if (!labels) return 'none';
  const targets = labels.reduce((sum, label) => sum + label, 0);
  return targets === 0 ? 'nontargets only' : targets === pairs.length ? 'targets only' : 'both kinds';
}

/** Of which list, by which model, from where; absolute paths. */
function whatIsScored({ list, enrollMap, modelDir, audio, embeddings }: ScoreListOptions) {
  const at = (path: string) => (path === '-' ? path : resolve(path));
  return {
    list: at(list),
    ...(enrollMap !== undefined && { enrollMap: at(enrollMap) }),
    ...(modelDir !== undefined && { model: at(modelDir) }),
    audio: audio.map(at),
    embeddings: embeddings.map(at),
  };
}

/** @throws UserError where a folder has the scores of another list, or by another model */
function refuseOtherScores(out: string, { list, model }: ReturnType<typeof whatIsScored>): void {
  const path = join(out, 'backend.json');
  if (!existsSync(path)) return;
  let before: { scored?: { list?: string; model?: string } };
  try {
    before = JSON.parse(readFileSync(path, 'utf8')) as typeof before;
  } catch {
    return; // What it was is not known, and it is written anew.
  }
  const { scored } = before;
  if (!scored || (scored.list === list && scored.model === model)) return;
  throw new UserError(
    `${out}: has the scores of ${scored.list}${scored.model === undefined ? '' : ` by ${scored.model}`}\n  name another folder with --out`,
  );
}

/** Such trials are easier than any other, whatever the model. */
function describeSelfTrials(pairs: TrialPairs['pairs'], enrolment?: Enrolment): string[] {
  const count = pairs.filter((pair) => isSelfTrial(pair, enrolment)).length;
  return count > 0 ? [`${counted(count, 'trial compares', 'trials compare')} an utterance with itself`] : [];
}

function refuseWithoutTraining(modelDir: string | undefined): never {
  throw new UserError(
    `${modelDir ?? 'embeddings alone'}: this back-end needs embeddings of training utterances, and there are none\n` +
      '  acanet pack puts them into the folder of a trained model; a cohort of your own: --cohort X.ark',
  );
}

/** @throws UserError where there is none, or where it was learned for other scores */
function calibrationFor(
  scoring: ScoringOptions,
  { profile, own, modelDir }: { profile?: ScoringProfile; own?: ScoringOptions; modelDir?: string },
): NonNullable<ScoringProfile['calibration']> {
  if (!profile) {
    throw new UserError(
      `${modelDir ?? 'embeddings alone'}: there is no calibration for --calibrate\n` +
        '  acanet pack puts one into the folder of a trained model; or learn one: acanet calibrate',
    );
  }
  if (!profile.calibration) throw new UserError(`${modelDir}: it has no calibration: ${profile.noCalibration}`);
  if (stableJson(scoringInForce(scoring)) !== stableJson(scoringInForce(own!))) {
    throw new UserError(
      `${modelDir}: its calibration is for scores of its own back-end, ${JSON.stringify(scoringInForce(profile.scoring))}, not for the one asked for\n` +
        '  leave the options of the back-end out, or learn a calibration: acanet calibrate',
    );
  }
  return profile.calibration;
}

/** A back-end that is learned from a few drawn utterances is not the one of a recipe. */
function noteOnDrawn(scoring: ScoringOptions, profile: ScoringProfile | undefined): string[] {
  if (!profile?.embeddings.drawn || !needsTraining(scoring)) return [];
  const { utterances, speakers } = profile.embeddings;
  return [
    `the back-end is made of the ${utterances} training utterances of ${speakers} speakers that the model folder carries; a recipe with this back-end takes all`,
  ];
}
