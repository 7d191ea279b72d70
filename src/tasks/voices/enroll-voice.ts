/** @file Enrols a voice from one or more recordings of a speaker. */
import { basename, join } from 'node:path';
import { unknownName } from '../../configuration/closest-name.js';
import { UserError } from '../../errors.js';
import { decidePair } from '../../scoring/profile/decide-pair.js';
import { whileHolding } from '../../storage/file-lock.js';
import { checkVoiceName, findVoice, refuseOtherModels, voicesIn, saveVoice, type StoredVoice } from './voice-store.js';
import type { VoiceModel } from './voice-model.js';

export interface EnrollOptions {
  model: VoiceModel;
  store: string;
  name: string;
  files: readonly string[];
  channel?: number;
  /** What becomes of a voice that is there: it is refused, gets more recordings, or is replaced. */
  existing: 'refuse' | 'add' | 'replace';
}

export interface Enrolled {
  name: string;
  file: string;
  recordings: number;
  seconds: number;
  notes: string[];
}

/** What can be said before anything is embedded. @throws UserError */
function checkEnrolment({ model, store, name, existing }: EnrollOptions): StoredVoice | undefined {
  checkVoiceName(name);
  // A voice that is replaced may be damaged.
  const others = voicesIn(store, existing === 'replace' ? { except: name } : {});
  refuseOtherModels(others, model, store);
  if (existing === 'replace') return undefined;
  const before = findVoice(store, name);
  if (!before && existing === 'add') {
    throw new UserError(
      `${store}: no voice ${unknownName(
        name,
        others.map((each) => each.name),
      )}\n  --add is for a voice that is there; leave it out to enroll a new one`,
    );
  }
  if (!before) return undefined;
  if (existing === 'refuse') {
    throw new UserError(
      `${store}: ${name} is enrolled already\n  --add takes these recordings too, --replace only these`,
    );
  }
  return before;
}

/** Embeds all recordings, then writes the voice. @throws UserError before anything is written */
export async function enrollVoice(options: EnrollOptions): Promise<Enrolled> {
  const { model, store, files, channel } = options;
  // é may be one character or two.
  const name = options.name.normalize('NFC');
  checkEnrolment({ ...options, name });
  const made: StoredVoice['recordings'] = [];
  const notes: string[] = [];
  for (const file of files) {
    const { embedding, seconds, notes: own } = await model.embedFile(file, { channel });
    made.push({ file: basename(file), seconds, embedding: [...embedding] });
    notes.push(...own);
  }
  // While these were embedded, another process may have enrolled the same voice.
  const { file, recordings } = whileHolding(join(store, 'voices'), () => {
    const recordings = [...(checkEnrolment({ ...options, name })?.recordings ?? []), ...made];
    return {
      file: saveVoice(store, { name, model: { identity: model.identity, folder: model.dir }, recordings }),
      recordings,
    };
  });
  const seconds = recordings.reduce((sum, each) => sum + each.seconds, 0);
  return {
    name,
    file,
    recordings: recordings.length,
    seconds,
    notes: [...notes, ...repeated(recordings), ...(await strangers(model, recordings))],
  };
}

/** The same recording again says nothing new of a voice. */
function repeated(recordings: StoredVoice['recordings']): string[] {
  const known = new Map<string, string>();
  return recordings.flatMap(({ file, embedding }) => {
    const key = String(embedding);
    const first = known.get(key);
    if (first === undefined) known.set(key, file);
    return first === undefined ? [] : [`${file} is the same recording as ${first}, and counts twice`];
  });
}

/** Recordings that sound like fewer than half of the others of their voice: somebody else, or another room. */
async function strangers(model: VoiceModel, recordings: StoredVoice['recordings']): Promise<string[]> {
  const { profile } = model;
  if (!profile || recordings.length < 2) return [];
  const ids = recordings.map((_, i) => String(i));
  const embeddings = new Map(recordings.map(({ embedding }, i) => [ids[i], Float32Array.from(embedding)]));
  const pairs = ids.flatMap((enroll) => ids.filter((test) => test !== enroll).map((test) => ({ enroll, test })));
  const scores = await model.score(pairs, embeddings);
  const decisions = pairs.map((_, i) => decidePair(scores[i], profile, { pTarget: 0.5, cMiss: 1, cFalseAlarm: 1 }));
  if (decisions.includes(undefined)) return [];
  return recordings.flatMap(({ file }, i) => {
    const alike = pairs.filter(({ enroll }, pair) => enroll === ids[i] && decisions[pair]!.same).length;
    return 2 * alike < recordings.length - 1 ? [`${file} does not sound like the other recordings of this voice`] : [];
  });
}
