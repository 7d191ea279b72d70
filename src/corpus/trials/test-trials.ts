/**
 * @file The test trials of a corpus that leaves them to the user: read from a list, or made.
 *
 * A list's enrolment side may be models of several utterances, if their map lies beside the list (`enrolment.ts`) or is
 * named. Names in lists and maps may be ids, or nearly: see `readTestTrials`.
 */
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { UserError, messageOf } from '../../errors.js';
import { durationBands } from './duration-bands.js';
import { findEnrolment, type Enrolment } from './enrolment.js';
import { withoutExtension } from './id-mapping.js';
import { groupBy } from '../../group-by.js';
import type { Utterance } from '../manifest/manifest.js';
import { trialFingerprint } from './trial-fingerprint.js';
import { makeTrialList, trialFields, type TrialOptions } from './trial-making.js';
import { checkTrials, readTrials, type Trial } from './trials.js';

/** What a corpus hands on. */
export interface TestTrials {
  trials: Trial[];
  /** The models that the trials enroll, where they are models. */
  enrolment?: Enrolment;
  /** Where they come from, so that a result can be traced to them. */
  notes: string[];
}

/** How trials are made, as recipes write it. */
export interface TrialMaking extends TrialOptions {
  enrollUtterances?: number | undefined;
  durations?: string | undefined;
}

export interface TestTrialOptions {
  trials: string | TrialMaking;
  enrolment?: string | undefined;
}

/**
 * How test trials are made; what a corpus has no opinion on has no default, so that its settings stay what they were.
 */
export const trialMaking = (defaults: Partial<TrialOptions> = {}) =>
  z.strictObject({
    ...trialFields(defaults),
    /** Utterances that a speaker is enrolled with; default 1. */
    enrollUtterances: z.int().positive().optional(),
    /** Test utterances of these durations only, in seconds and equal shares: `2-4,4-8,8-`; default: of any. */
    durations: z.string().superRefine(checkBands).optional(),
  });

function checkBands(text: string, context: z.RefinementCtx): void {
  try {
    durationBands(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
}

/** The keys of recipes that say what the test trials are. */
export const testTrialOptions = (defaults: Partial<TrialOptions> = {}) => ({
  /** A trial list's file, or how trials are made. */
  trials: z.union([z.string().min(1), trialMaking(defaults)]).prefault({}),
  /** The map of the models that the list enrolls, `model utt1 utt2 …` lines; default: the one beside the list. */
  enrolment: z.string().min(1).optional(),
});

/** The list to read: the one that is named, else the one that lies in its usual place. Undefined: trials are made. */
export function testTrialList({ trials, enrolment }: TestTrialOptions, usual?: string): string | undefined {
  if (typeof trials === 'string') return resolve(trials);
  if (usual !== undefined && (trials.enrollUtterances ?? trials.durations) !== undefined) {
    throw new UserError(
      `corpus.trials: enrollUtterances and durations say how trials are made, but there is ${usual}, which is read\n` +
        'Take these options out, or move that list away.',
    );
  }
  if (usual === undefined && enrolment !== undefined) {
    throw new UserError(`corpus.enrolment: ${enrolment} is the map of a trial list; name that list with corpus.trials`);
  }
  return usual;
}

/** Trials among the test utterances, for a corpus without a list. */
export function madeTestTrials(
  utterances: readonly Utterance[],
  { seed, trials }: { seed: number; trials: string | TrialMaking },
): TestTrials {
  const { durations, ...making }: Partial<TrialMaking> = typeof trials === 'string' ? {} : trials;
  const { trials: made, enrolment } = makeTrialList(
    utterances.filter(({ split }) => split === 'test'),
    { seed, ...making, ...(durations !== undefined && { durations: durationBands(durations) }) },
  );
  const models = enrolment ? `, models of ${making.enrollUtterances} utterances` : '';
  return { trials: made, ...(enrolment && { enrolment }), notes: [`trials: made among the test utterances${models}`] };
}

/**
 * Reads a list, and the map that goes with it, of which the models of the list are kept. Utterances may be named by
 * their ids, with the extension of their audio file or without, or by the last part of ids that have folders, if no
 * other id ends so. Throws UserError for names not among `ids`.
 */
export async function readTestTrials(
  path: string,
  ids: ReadonlySet<string>,
  { enrolment: map }: { enrolment?: string | undefined } = {},
): Promise<TestTrials> {
  const idOf = findIds(ids);
  const listed = readTrials(path, { ...(map !== undefined && { models: true }) });
  const found = findEnrolment(path, listed, map);
  const trials = listed.map(({ enroll, test, target }) => ({
    enroll: found ? enroll : idOf(enroll),
    test: idOf(test),
    target,
  }));
  const origin = describeTrialList(path, listed);
  if (!found) {
    checkTrials(trials, ids, path);
    return { trials, notes: [origin] };
  }
  const enrolment = new Map<string, string[]>();
  for (const model of new Set(trials.map(({ enroll }) => enroll))) {
    const utterances = found.enrolment.get(model)!.map(idOf);
    if (new Set(utterances).size < utterances.length) {
      throw new UserError(`${found.path}: model ${model} names one utterance twice: ${utterances.join(' ')}`);
    }
    enrolment.set(model, utterances);
  }
  checkTrials(trials, ids, path, enrolment);
  const others = found.enrolment.size - enrolment.size;
  return {
    trials,
    enrolment,
    notes: [
      origin,
      `enrolment: ${enrolment.size} models of ${basename(found.path)}` +
        (others > 0 ? `, which has ${others} more that no trial names` : ''),
    ],
  };
}

/** From names in lists to ids; a name that stands for none is given back. */
function findIds(ids: ReadonlySet<string>): (name: string) => string {
  const known = new Map<string, string>();
  let byLastPart: Map<string, string[]> | undefined;
  let converted: Map<string, string[]> | undefined;
  const find = (name: string): string | undefined => {
    if (ids.has(name)) return name;
    if (name.includes('/')) return undefined;
    byLastPart ??= groupBy(ids, (id) => id.slice(id.lastIndexOf('/') + 1));
    const found = byLastPart.get(name);
    return found?.length === 1 ? found[0] : undefined;
  };
  /** A converter's `1.m4a.wav` is the utterance `1.m4a`, and `1` in the lists. */
  const findConverted = (name: string): string | undefined => {
    converted ??= groupBy(ids, (id) => id.replace(/\.(m4a|mp3|flac|ogg|opus|sph|wav)$/i, ''));
    const found = converted.get(name);
    return found?.length === 1 ? found[0] : undefined;
  };
  return (name) => {
    const stem = withoutExtension(name);
    const id = known.get(name) ?? find(name) ?? find(stem) ?? findConverted(stem) ?? name;
    known.set(name, id);
    return id;
  };
}

/**
 * Says which list it is: name, number of trials, and their SHA-256, as `acanet trials check` shows it. @param listed as
 * the file has them
 */
export function describeTrialList(path: string, listed: readonly Trial[], name?: string): string {
  const shown = name === undefined ? basename(path) : `${name} (${basename(path)})`;
  return `trials: ${listed.length} of ${shown}, SHA-256 ${trialFingerprint(listed)}`;
}
