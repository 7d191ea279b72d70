/**
 * @file What is wrong with a trial list, all of it at once, with the places: for `acanet trials check`.
 *
 * Errors make the figures of a list wrong or impossible: unknown ids, one pair with two labels, labels that contradict
 * the manifest's speakers, test speakers that were trained on, no trials of one kind. Warnings are what a published list
 * may hold and a reader should know: repeats, self-trials, development speakers that were trained on.
 */
import type { Enrolment } from './enrolment.js';
import type { Split, Utterance } from '../manifest/manifest.js';
import { labelOf } from './trial-formats.js';
import type { TrialUtterance } from './trial-sampling.js';
import { describeConflict, findRepeats, isSelfTrial, type Repeat, type Trial, type TrialList } from './trials.js';

const SHOWN = 10;

export interface Finding {
  severity: 'error' | 'warning';
  /** A short name for scripts. */
  kind: FindingKind;
  /** What was found, after its count: "ids are not in the manifest". */
  what: string;
  count: number;
  /** The first ten, each with its place in front. */
  first: string[];
  /** What to do about it. */
  remedy?: string;
}

export type FindingKind =
  | 'unknown-id'
  | 'unknown-model'
  | 'label-conflict'
  | 'wrong-label'
  | 'mixed-model'
  | 'trained-speaker'
  | 'one-kind'
  | 'duplicate'
  | 'reversed'
  | 'self-trial'
  | 'unused-model';

/** What a manifest says about the utterances of a list. */
export interface KnownUtterance extends TrialUtterance {
  split: Split;
}

export interface TrialCheckOptions {
  /** The utterances that the list may name, by id; without them neither ids nor labels are checked. */
  known?: ReadonlyMap<string, KnownUtterance>;
  /** Speakers that were trained on, with a word on where. */
  trained?: ReadonlyMap<string, string>;
  enrolment?: Enrolment;
  /** A known id that may have been meant. */
  closest?: (id: string) => string | undefined;
}

/** What is found, after a count of one and after a larger one. */
type Wording = readonly [one: string, many: string];

/** Collects what is wrong, errors first. */
export function examineTrials({ path, trials, lines }: TrialList, options: TrialCheckOptions = {}): Finding[] {
  const { known, enrolment, trained = new Map<string, string>(), closest } = options;
  const placeOf = (index: number) => `${path}:${lines[index]}`;
  const textOf = ({ enroll, test, target }: Trial) => `${enroll} ${test} ${labelOf(target)}`;
  const findings = new Map<FindingKind, Finding>();
  const report = (severity: Finding['severity'], kind: FindingKind, [one, many]: Wording, text: () => string) => {
    let finding = findings.get(kind);
    if (!finding) findings.set(kind, (finding = { severity, kind, what: one, count: 0, first: [] }));
    finding.count++;
    if (finding.count === 2) finding.what = many;
    if (finding.first.length < SHOWN) finding.first.push(text());
  };

  const seen = new Set<string>();
  const checkId = (id: string, index: number) => {
    if (!known || known.has(id) || seen.has(id)) return;
    seen.add(id);
    report('error', 'unknown-id', ['id is not in the manifest', 'ids are not in the manifest'], () => {
      const hint = closest?.(id);
      return `${placeOf(index)}: ${id}${hint === undefined ? '' : ` (did you mean "${hint}"?)`}`;
    });
  };
  const models = new Map<string, string | undefined>(); // the one speaker of each model
  const checkModel = (model: string, index: number) => {
    if (models.has(model)) return;
    const utterances = enrolment?.get(model);
    models.set(model, undefined);
    if (!utterances) {
      report(
        'error',
        'unknown-model',
        ['model is not in the enrolment map', 'models are not in the enrolment map'],
        () => `${placeOf(index)}: ${model}`,
      );
      return;
    }
    for (const id of utterances) checkId(id, index);
    const speakers = [...new Set(utterances.map((id) => known?.get(id)?.speaker))].filter((name) => name !== undefined);
    if (speakers.length === 1) models.set(model, speakers[0]);
    if (speakers.length < 2) return;
    report(
      'error',
      'mixed-model',
      ['model has utterances of several speakers', 'models have utterances of several speakers'],
      () => `${model}: ${speakers.join(', ')}`,
    );
  };
  const trainedSeen = new Set<string>();
  const checkTrained = (id: string, index: number) => {
    const utterance = known?.get(id);
    const where = utterance && trained.get(utterance.speaker);
    if (!utterance || where === undefined || trainedSeen.has(utterance.speaker)) return;
    trainedSeen.add(utterance.speaker);
    report(
      utterance.split === 'dev' ? 'warning' : 'error',
      'trained-speaker',
      ['speaker of the trials was trained on', 'speakers of the trials were trained on'],
      () => `${placeOf(index)}: ${utterance.speaker} (${where})`,
    );
  };

  let targets = 0;
  for (const [index, trial] of trials.entries()) {
    const { enroll, test, target } = trial;
    if (target) targets++;
    if (enrolment) checkModel(enroll, index);
    else checkId(enroll, index);
    checkId(test, index);
    for (const id of enrolment ? [...(enrolment.get(enroll) ?? []), test] : [enroll, test]) checkTrained(id, index);
    const a = enrolment ? models.get(enroll) : known?.get(enroll)?.speaker;
    const b = known?.get(test)?.speaker;
    if (a !== undefined && b !== undefined && (a === b) !== target) {
      report(
        'error',
        'wrong-label',
        ["label contradicts the manifest's speakers", "labels contradict the manifest's speakers"],
        () =>
          `${placeOf(index)}: "${textOf(trial)}" ${a === b ? `are both of speaker ${a}` : `are of speakers ${a} and ${b}`}`,
      );
    }
    if (isSelfTrial(trial, enrolment)) {
      report(
        'warning',
        'self-trial',
        ['trial compares an utterance with itself', 'trials compare an utterance with itself'],
        () => `${placeOf(index)}: ${textOf(trial)}`,
      );
    }
  }
  if (targets === 0 || targets === trials.length) {
    const missing = labelOf(targets === 0);
    report(
      'error',
      'one-kind',
      ['kind of trial is missing', 'kinds of trials are missing'],
      () => `${path}: no ${missing} trial, so there is no EER`,
    );
  }
  const repeats = findRepeats(trials, { models: enrolment !== undefined });
  for (const conflict of repeats.conflicts) {
    report(
      'error',
      'label-conflict',
      ['pair is both target and nontarget', 'pairs are both target and nontarget'],
      () => describeConflict(trials, conflict, placeOf),
    );
  }
  const repeatText = ({ index, earlier }: Repeat) =>
    `${placeOf(index)}: "${textOf(trials[index])}" as on line ${lines[earlier]}`;
  for (const repeat of repeats.duplicates) {
    report(
      'warning',
      'duplicate',
      ['trial repeats an earlier one and counts again', 'trials repeat an earlier one and count again'],
      () => repeatText(repeat),
    );
  }
  for (const repeat of repeats.reversed) {
    report(
      'warning',
      'reversed',
      [
        'trial repeats an earlier one with its sides exchanged',
        'trials repeat an earlier one with its sides exchanged',
      ],
      () => repeatText(repeat),
    );
  }
  for (const model of enrolment?.keys() ?? []) {
    if (!models.has(model))
      report('warning', 'unused-model', ['model is in no trial', 'models are in no trial'], () => model);
  }
  return [...findings.values()].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
}

/** What a list is made of, as far as the manifest knows its utterances. */
export interface TrialPicture {
  trials: number;
  targets: number;
  nontargets: number;
  /** Distinct models, where there are any, and distinct utterances. */
  models?: number;
  utterances: number;
  speakers: number;
  /** Speakers by gender. */
  female: number;
  male: number;
  /** Sessions of the utterances; 0 where the manifest has none. */
  sessions: number;
  /** Nontarget trials of one gender among those whose genders are known; undefined where none are. */
  sameGender?: number;
  /** Target trials between sessions among those whose sessions are known. */
  crossSession?: number;
}

/** Counts what a list is made of. */
export function describePicture(
  trials: readonly Trial[],
  known: ReadonlyMap<string, TrialUtterance>,
  enrolment?: Enrolment,
): TrialPicture {
  const found = new Set<TrialUtterance>();
  const unknown = new Set<string>();
  const find = (id: string) => {
    const utterance = known.get(id);
    if (utterance) found.add(utterance);
    else unknown.add(id);
    return utterance;
  };
  const models = new Map<string, (TrialUtterance | undefined)[]>();
  const findModel = (model: string) => {
    let own = models.get(model);
    if (!own) models.set(model, (own = (enrolment?.get(model) ?? []).map(find)));
    return own;
  };
  const counts = { targets: 0, gendered: 0, sameGender: 0, placed: 0, crossSession: 0 };
  for (const { enroll, test, target } of trials) {
    const own = enrolment ? findModel(enroll) : undefined;
    const a = own ? own[0] : find(enroll);
    const b = find(test);
    if (target) {
      counts.targets++;
      if (!a?.session || !b?.session) continue;
      counts.placed++;
      const within = own ? own.some((utterance) => utterance?.session === b.session) : a.session === b.session;
      if (!within) counts.crossSession++;
    } else if (a?.gender && b?.gender) {
      counts.gendered++;
      if (a.gender === b.gender) counts.sameGender++;
    }
  }
  const genders = new Map<string, Utterance['gender']>();
  const sessions = new Map<string, Set<string>>();
  for (const { speaker, gender, session } of found) {
    genders.set(speaker, gender ?? genders.get(speaker));
    if (!session) continue;
    const own = sessions.get(speaker);
    if (own) own.add(session);
    else sessions.set(speaker, new Set([session]));
  }
  const ofGender = (wanted: 'f' | 'm') => [...genders.values()].filter((gender) => gender === wanted).length;
  return {
    trials: trials.length,
    targets: counts.targets,
    nontargets: trials.length - counts.targets,
    ...(enrolment && { models: models.size }),
    utterances: found.size + unknown.size,
    speakers: genders.size,
    female: ofGender('f'),
    male: ofGender('m'),
    sessions: [...sessions.values()].reduce((sum, own) => sum + own.size, 0),
    ...(counts.gendered > 0 && { sameGender: counts.sameGender / counts.gendered }),
    ...(counts.placed > 0 && { crossSession: counts.crossSession / counts.placed }),
  };
}
