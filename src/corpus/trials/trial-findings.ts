/** @file What can be wrong with a trial list, in words, and the collection of what is. */

const SHOWN = 10;

type Severity = 'error' | 'warning';

/** What is found, after a count of one and after a larger one. */
const kinds = {
  'unknown-id': ['error', 'id is not in the manifest', 'ids are not in the manifest'],
  'unknown-model': ['error', 'model is not in the enrolment map', 'models are not in the enrolment map'],
  'label-conflict': ['error', 'pair is both target and nontarget', 'pairs are both target and nontarget'],
  'wrong-label': ['error', "label contradicts the manifest's speakers", "labels contradict the manifest's speakers"],
  'mixed-model': ['error', 'model has utterances of several speakers', 'models have utterances of several speakers'],
  'trained-speaker': ['error', 'speaker of the trials was trained on', 'speakers of the trials were trained on'],
  'one-kind': ['error', 'kind of trial is missing', 'kinds of trials are missing'],
  duplicate: [
    'warning',
    'trial repeats an earlier one and counts again',
    'trials repeat an earlier one and count again',
  ],
  reversed: [
    'warning',
    'trial repeats an earlier one with its sides exchanged',
    'trials repeat an earlier one with its sides exchanged',
  ],
  'self-trial': ['warning', 'trial compares an utterance with itself', 'trials compare an utterance with itself'],
  'unused-model': ['warning', 'model is in no trial', 'models are in no trial'],
} as const satisfies Record<string, readonly [severity: Severity, one: string, many: string]>;

type FindingKind = keyof typeof kinds;

export interface Finding {
  severity: Severity;
  /** A short name for scripts. */
  kind: FindingKind;
  /** What was found, after its count: "ids are not in the manifest". */
  what: string;
  count: number;
  /** The first ten, each with its place in front. */
  first: string[];
}

export interface Findings {
  /** Counts one more. `text` is asked for the first ten only; the severity of a kind's first one holds for all. */
  add(kind: FindingKind, text: () => string, severity?: Severity): void;
  /** Errors first, else in the order of their first ones. */
  all(): Finding[];
}

export function collectFindings(): Findings {
  const found = new Map<FindingKind, Finding>();
  return {
    add(kind, text, severity) {
      const [usual, one, many] = kinds[kind];
      const finding = found.get(kind) ?? { severity: severity ?? usual, kind, what: one, count: 0, first: [] };
      found.set(kind, finding);
      finding.count++;
      if (finding.count === 2) finding.what = many;
      if (finding.first.length < SHOWN) finding.first.push(text());
    },
    all: () => [...found.values()].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning')),
  };
}
