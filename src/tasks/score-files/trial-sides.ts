/** @file What is known of the utterances and models in a trial list: from a manifest, or their speakers from a file. */
import { findEnrolment, readEnrolment, type Enrolment } from '../../corpus/trials/enrolment.js';
import type { Labels } from '../../corpus/manifest/labels.js';
import { readManifest, type Utterance } from '../../corpus/manifest/manifest.js';
import { likelyIds } from '../../corpus/trials/closest-id.js';
import { firstOf } from '../../problem-list.js';
import { UserError } from '../../errors.js';
import type { TrialSide } from '../../scoring/scores/slices.js';
import type { Pairs } from '../../scoring/scores/trial-table.js';
import { readTextLines } from '../../storage/text-lines.js';

export interface EnrolmentSource {
  /** The trial list, beside which the map of its models may lie. */
  trials?: string;
  /** The map itself. */
  enrollMap?: string;
  /** A table of labels. */
  labels?: Labels;
}

/** Both sides of the trials by id number, from a manifest. @throws UserError naming ids that are not in it */
export function sidesFromManifest(manifest: string, table: Pairs, source: EnrolmentSource): TrialSide[] {
  const utterances = new Map(readManifest(manifest).map((utterance) => [utterance.id, utterance]));
  const enrolment = enrolmentOf(table, source);
  const enrolled = new Set(table.enroll);
  const missing: string[] = [];
  const sides = table.ids.map((id, number) => {
    const members = (enrolled.has(number) && enrolment?.get(id)) || [id];
    missing.push(...members.filter((member) => !utterances.has(member)));
    refuseMixed(manifest, id, new Set(members.flatMap((member) => utterances.get(member)?.speaker ?? [])));
    return sideOf(
      members.flatMap((member) => utterances.get(member) ?? []),
      source.labels,
    );
  });
  if (missing.length > 0) {
    const meant = likelyIds(missing, utterances.keys());
    throw new UserError(
      `${manifest}: ${missing.length} ids in the trials are not in the manifest: ${firstOf(missing)}\n` +
        `${meant ? `The manifest has other names: ${meant}.` : 'Is this the manifest of these trials?'} ` +
        'Models of several utterances need their map: --enroll-map FILE',
    );
  }
  return sides;
}

/** The speaker of each id of the trials, from `utterance speaker` lines. @throws UserError with file:line */
export function speakersFromFile(path: string, table: Pairs, source: EnrolmentSource): Map<string, string> {
  const speakerOf = new Map<string, string>();
  for (const { text, number } of readTextLines(path, { what: 'the speakers' })) {
    const fields = text.trim().split(/\s+/);
    if (fields[0] === '') continue;
    if (fields.length !== 2) {
      throw new UserError(
        `${path}:${number}: expected 2 fields (utterance speaker), got ${fields.length}: ${JSON.stringify(text.trim())}`,
      );
    }
    const [id, speaker] = fields;
    const earlier = speakerOf.get(id);
    if (earlier !== undefined && earlier !== speaker) {
      throw new UserError(
        `${path}:${number}: ${id} belongs to speaker ${speaker} here, and to ${earlier} on an earlier line`,
      );
    }
    speakerOf.set(id, speaker);
  }
  for (const [model, members] of enrolmentOf(table, source) ?? []) {
    const known = new Set([model, ...members].flatMap((id) => speakerOf.get(id) ?? []));
    refuseMixed(path, model, known);
    for (const speaker of known) speakerOf.set(model, speaker);
  }
  return speakerOf;
}

function refuseMixed(where: string, model: string, speakers: ReadonlySet<string>): void {
  if (speakers.size < 2) return;
  throw new UserError(`${where}: model ${model} has utterances of several speakers: ${firstOf([...speakers])}`);
}

function enrolmentOf({ ids, enroll, test }: Pairs, { trials, enrollMap }: EnrolmentSource) {
  if (trials === undefined) return enrollMap === undefined ? undefined : readEnrolment(enrollMap);
  const models = new Set(enroll);
  // Only the models are looked at.
  const list = Array.from(models, (id) => ({ enroll: ids[id], test: ids[test[0]], target: false }));
  return findEnrolment(trials, list, enrollMap)?.enrolment satisfies Enrolment | undefined;
}

/** One side's facts; a model has those of its utterances together, and its utterances' speaker and gender. */
function sideOf(utterances: readonly Utterance[], labels?: Labels): TrialSide {
  const { speaker = '', gender } = utterances[0] ?? {};
  return {
    speaker,
    ...(gender && { gender }),
    duration: utterances.reduce((sum, { duration }) => sum + duration, 0),
    sessions: [...new Set(utterances.flatMap(({ session }) => session ?? []))],
    paths: [...new Set(utterances.map(({ path }) => path))],
    ...(labels && { labels: commonLabels(utterances.map((utterance) => labels.of(utterance))) }),
  };
}

/** What all of them are labelled alike. */
function commonLabels([first = {}, ...others]: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((each) => each[name] === value)),
  );
}
