/** @file What a trial list is made of, as far as the manifest knows its utterances. */
import type { Utterance } from '../manifest/manifest.js';
import type { Enrolment } from './enrolment.js';
import type { TrialUtterance } from './trial-sampling.js';
import type { Trial } from './trial.js';

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
