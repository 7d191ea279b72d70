/**
 * @file What is wrong with a trial list, all of it at once, with the places: for `acanet trials check`.
 *
 * Errors make the figures of a list wrong or impossible: unknown ids, one pair with two labels, labels that contradict
 * the manifest's speakers, test speakers that were trained on, no trials of one kind. Warnings are what a published
 * list may hold and a reader should know: repeats, self-trials, development speakers that were trained on.
 */
import type { Enrolment } from './enrolment.js';
import type { Split } from '../manifest/manifest.js';
import { collectFindings, type Finding, type Findings } from './trial-findings.js';
import { labelOf } from './trial-formats.js';
import type { TrialUtterance } from './trial-sampling.js';
import type { Trial } from './trial.js';
import { describeConflict, findRepeats, isSelfTrial, type Repeat, type TrialList } from './trials.js';

export type { Finding } from './trial-findings.js';

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

/** What every check sees. */
interface Check extends TrialCheckOptions {
  list: TrialList;
  findings: Findings;
  /** Where a trial stands: `list:17`. */
  placeOf(index: number): string;
}

/** Looks at one trial after the other. */
type TrialCheck = (trial: Trial, index: number) => void;

/** Collects what is wrong, errors first. */
export function examineTrials(list: TrialList, options: TrialCheckOptions = {}): Finding[] {
  const findings = collectFindings();
  const placeOf = (index: number) => `${list.path}:${list.lines[index]}`;
  const check: Check = { ...options, list, findings, placeOf };
  const sides = checkSides(check);
  const checks = [sides.check, checkTrained(check), checkLabel(check, sides.speakerOf), checkSelfTrial(check)];
  for (const [index, trial] of list.trials.entries()) for (const each of checks) each(trial, index);
  checkKinds(check);
  checkRepeats(check);
  for (const model of options.enrolment?.keys() ?? []) {
    if (!sides.isNamed(model)) findings.add('unused-model', () => model);
  }
  return findings.all();
}

const textOf = ({ enroll, test, target }: Trial) => `${enroll} ${test} ${labelOf(target)}`;

/** Both sides are known; a model's utterances are known, and of one speaker. */
function checkSides({ known, enrolment, closest, findings, placeOf }: Check) {
  const seen = new Set<string>();
  const checkId = (id: string, index: number) => {
    if (!known || known.has(id) || seen.has(id)) return;
    seen.add(id);
    findings.add('unknown-id', () => {
      const hint = closest?.(id);
      return `${placeOf(index)}: ${id}${hint === undefined ? '' : ` (did you mean "${hint}"?)`}`;
    });
  };
  const models = new Map<string, string | undefined>(); // the one speaker of each model
  const checkModel = (model: string, index: number) => {
    if (models.has(model)) return;
    models.set(model, undefined);
    const utterances = enrolment?.get(model);
    if (!utterances) {
      findings.add('unknown-model', () => `${placeOf(index)}: ${model}`);
      return;
    }
    for (const id of utterances) checkId(id, index);
    const speakers = [...new Set(utterances.map((id) => known?.get(id)?.speaker))].filter((name) => name !== undefined);
    if (speakers.length === 1) models.set(model, speakers[0]);
    if (speakers.length > 1) findings.add('mixed-model', () => `${model}: ${speakers.join(', ')}`);
  };
  const check: TrialCheck = ({ enroll, test }, index) => {
    if (enrolment) checkModel(enroll, index);
    else checkId(enroll, index);
    checkId(test, index);
  };
  return {
    check,
    /** Of an enrolment id: an utterance's, or that of all of a model's utterances. */
    speakerOf: (enroll: string) => (enrolment ? models.get(enroll) : known?.get(enroll)?.speaker),
    isNamed: (model: string) => models.has(model),
  };
}

/** No speaker of the trials was trained on. */
function checkTrained({ known, enrolment, trained, findings, placeOf }: Check): TrialCheck {
  const seen = new Set<string>();
  return ({ enroll, test }, index) => {
    for (const id of enrolment ? [...(enrolment.get(enroll) ?? []), test] : [enroll, test]) {
      const utterance = known?.get(id);
      const where = utterance && trained?.get(utterance.speaker);
      if (!utterance || where === undefined || seen.has(utterance.speaker)) continue;
      seen.add(utterance.speaker);
      const text = () => `${placeOf(index)}: ${utterance.speaker} (${where})`;
      findings.add('trained-speaker', text, utterance.split === 'dev' ? 'warning' : 'error');
    }
  };
}

/** The label says what the manifest's speakers say. */
function checkLabel(
  { known, findings, placeOf }: Check,
  speakerOf: (enroll: string) => string | undefined,
): TrialCheck {
  return (trial, index) => {
    const a = speakerOf(trial.enroll);
    const b = known?.get(trial.test)?.speaker;
    if (a === undefined || b === undefined || (a === b) === trial.target) return;
    const found = a === b ? `are both of speaker ${a}` : `are of speakers ${a} and ${b}`;
    findings.add('wrong-label', () => `${placeOf(index)}: "${textOf(trial)}" ${found}`);
  };
}

function checkSelfTrial({ enrolment, findings, placeOf }: Check): TrialCheck {
  return (trial, index) => {
    if (isSelfTrial(trial, enrolment)) findings.add('self-trial', () => `${placeOf(index)}: ${textOf(trial)}`);
  };
}

/** There are trials of both kinds. */
function checkKinds({ list: { path, trials }, findings }: Check): void {
  const targets = trials.reduce((count, { target }) => count + Number(target), 0);
  if (targets > 0 && targets < trials.length) return;
  findings.add('one-kind', () => `${path}: no ${labelOf(targets === 0)} trial, so there is no EER`);
}

/** No pair is listed twice, least of all with two labels. */
function checkRepeats({ list: { trials, lines }, enrolment, findings, placeOf }: Check): void {
  const { conflicts, duplicates, reversed } = findRepeats(trials, { models: enrolment !== undefined });
  const textOfRepeat = ({ index, earlier }: Repeat) =>
    `${placeOf(index)}: "${textOf(trials[index])}" as on line ${lines[earlier]}`;
  for (const conflict of conflicts) findings.add('label-conflict', () => describeConflict(trials, conflict, placeOf));
  for (const repeat of duplicates) findings.add('duplicate', () => textOfRepeat(repeat));
  for (const repeat of reversed) findings.add('reversed', () => textOfRepeat(repeat));
}
