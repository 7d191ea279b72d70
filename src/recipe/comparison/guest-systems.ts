/**
 * @file Systems that are compared with a recipe's without being of it: score files of any toolkit, and systems of other
 * experiments. They must have been scored on the same trials. An experiment is taken as it is: what is out of date in
 * it, or differs between its seeds by more than the seed, is refused.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { firstOf } from '../../problem-list.js';
import { trialFingerprint } from '../../corpus/trials/trial-fingerprint.js';
import { readTrials, type Trial } from '../../corpus/trials/trials.js';
import { UserError } from '../../errors.js';
import { joinScores, readScores } from '../../scoring/scores/scores-file.js';
import { tableOfTrials, type TrialTable } from '../../scoring/scores/trial-table.js';
import { fileSha256Now, stableJson } from '../../storage/hashing.js';
import { readSystem, type ReadSystem } from './read-system.js';
import type { Library } from '../../tasks/model-work.js';
import { calibrationRecord } from '../artifacts/calibrate.js';
import { doneRecord } from '../artifacts/control-files.js';
import { costRecord } from '../artifacts/cost.js';
import { corpusRecord, prepFiles } from '../artifacts/prep.js';
import { scoreFiles } from '../artifacts/score.js';

/** One system from elsewhere. */
export type GuestSystem =
  | {
      readonly from: 'files';
      readonly name: string;
      readonly runs: readonly { readonly name: string; readonly seed?: number; readonly path: string }[];
      /** The scores are natural log-likelihood ratios. */
      readonly calibrated: boolean;
    }
  | {
      readonly from: 'experiment';
      readonly name: string;
      /** `exp/<recipe>` */
      readonly folder: string;
      readonly runs: readonly { readonly name: string; readonly seed?: number }[];
    };

/**
 * Groups `name=FILE` and `name@seed=FILE` by system.
 * @throws UserError for another form, a file that is not there, or a run named twice
 */
export function scoreFileSystems(
  given: readonly string[],
  { calibrated = false, fold }: { calibrated?: boolean; fold?: string } = {},
): GuestSystem[] {
  const systems = new Map<string, { name: string; seed?: number; path: string }[]>();
  for (const text of given) {
    const [, run, system, seed, place] = /^(([^=@\s]+)(?:@(\d+))?)=(.+)$/.exec(text) ?? [];
    if (place === undefined) {
      throw new UserError(
        `--scores ${text}: expected NAME=FILE, or NAME@SEED=FILE for one of several trainings; names have no spaces`,
      );
    }
    const path = inFold(place, fold);
    if (!existsSync(path)) throw new UserError(`--scores ${text}: ${path}: no such file`);
    const runs = systems.get(system) ?? [];
    if (runs.some(({ name }) => name === run)) {
      throw new UserError(`--scores ${text}: ${run} is named twice; trainings are told apart by NAME@SEED`);
    }
    systems.set(system, [...runs, { name: run, ...(seed !== undefined && { seed: Number(seed) }), path }]);
  }
  return Array.from(systems, ([name, runs]) => ({ from: 'files', name, runs, calibrated }));
}

/** What stands for the name of the fold in the path of a guest. */
export const FOLD = '{fold}';

const inFold = (path: string, fold: string | undefined) => (fold === undefined ? path : path.replaceAll(FOLD, fold));

/**
 * The system of a folder `exp/<recipe>/score/<system>`, with all its seeds.
 * @param given the folder, or NAME=FOLDER to call it otherwise
 * @param taken names that other systems have: then it is called `<recipe>/<system>`
 */
export function experimentSystem(given: string, taken: readonly string[], fold?: string): GuestSystem {
  const [, label, place] = /^(?:([^=@\s/]+)=)?(.+)$/.exec(given) ?? [];
  const scored = resolve(inFold(place, fold));
  const name = basename(scored);
  const folder = dirname(dirname(scored));
  if (basename(dirname(scored)) !== 'score' || !existsSync(scoreFiles(scored).scores)) {
    throw new UserError(
      `--with ${given}: expected a folder EXPERIMENT/score/SYSTEM with scores.txt, as \`acanet score\` writes it`,
    );
  }
  const runs = name.includes('@') ? [name] : [name, ...seedsOf(dirname(scored), name)];
  const { trials, corpus } = prepFiles(join(folder, 'prep'));
  for (const path of [trials, corpus]) {
    if (existsSync(path)) continue;
    throw new UserError(`--with ${given}: ${path} is not there; is the experiment complete?`);
  }
  for (const run of runs) refuseOutdated(given, folder, run);
  for (const run of runs.slice(1)) refuseOtherSettings(given, folder, [name, run]);
  return {
    from: 'experiment',
    name: label ?? (taken.includes(name) ? `${recipeName(resolve(place))}/${name}` : name),
    folder,
    runs: runs.map((run) => ({ name: run, ...seedOf(run, folder) })),
  };
}

/** Of `exp/<recipe>/score/<system>` or `exp/<recipe>/{fold}/score/<system>`. */
function recipeName(place: string): string {
  const folder = dirname(dirname(place));
  return basename(basename(folder) === FOLD ? dirname(folder) : folder);
}

const readDone = (folder: string, stage: string) => doneRecord.readIfThere(join(folder, stage));

/** `aca-net@2`, `aca-net@3`, by seed. */
function seedsOf(scores: string, name: string): string[] {
  const others = readdirSync(scores).filter((each) => each.startsWith(`${name}@`) && /@\d+$/.test(each));
  return others.sort((a, b) => Number(a.split('@')[1]) - Number(b.split('@')[1]));
}

function seedOf(run: string, folder: string): { seed?: number } {
  const [, seed] = run.split('@');
  if (seed !== undefined) return { seed: Number(seed) };
  const settings = readDone(folder, `train/${run}`)?.input.settings as { seed?: number } | undefined;
  return settings?.seed === undefined ? {} : { seed: settings.seed };
}

/** @throws UserError where a run's scores are not of the model that is there now */
function refuseOutdated(given: string, folder: string, run: string): void {
  const stages = ['train', 'average', 'embed', 'score'].map((stage) => `${stage}/${run}`);
  stages.slice(1).forEach((stage, i) => {
    const before = stages[i];
    const [made, used] = [readDone(folder, before)?.outputHash, readDone(folder, stage)?.input.needs[before]];
    if (made === undefined || used === undefined || made === used) return;
    throw new UserError(
      `--with ${given}: ${stage} is out of date, as ${before} gave another result since\n  bring that experiment up to date first: acanet score`,
    );
  });
}

/** @throws UserError where two runs differ by more than their seed */
function refuseOtherSettings(given: string, folder: string, runs: readonly [string, string]): void {
  for (const stage of ['train', 'average', 'embed', 'embed-train', 'score']) {
    const settings = runs.map((run): Record<string, unknown> => {
      const input = readDone(folder, `${stage}/${run}`)?.input;
      const { seed: _, ...others } = input?.settings ?? {};
      // Stages of single trainings differ by the seed; what all of them take must be the same.
      const needs = Object.entries(input?.needs ?? {}).filter(([need]) => !need.includes('/'));
      return { ...others, ...Object.fromEntries(needs) };
    });
    if (settings.some((each) => Object.keys(each).length === 0)) continue; // not known
    const names = [...new Set(settings.flatMap((each) => Object.keys(each)))];
    const differing = names.filter((key) => stableJson([settings[0][key]]) !== stableJson([settings[1][key]]));
    if (differing.length === 0) continue;
    throw new UserError(
      `--with ${given}: ${runs.join(' and ')} are not seeds of one system: stage ${stage} had other settings or data (${differing.join(', ')})\n` +
        '  bring all of its seeds up to date there, or give the scores of single ones with --scores',
    );
  }
}

/** Reads a guest. @throws UserError where it was scored on other trials */
export async function readGuest(
  guest: GuestSystem,
  { list, trials, modelFigures }: { list: string; trials: TrialTable } & Pick<Library, 'modelFigures'>,
): Promise<ReadSystem> {
  const { name, runs } = guest;
  if (guest.from === 'experiment') {
    const prep = join(guest.folder, 'prep');
    refuseOtherTrials(prepFiles(prep).trials, list);
    const { partial } = corpusRecord.read(prep);
    const read = await readSystem({
      name,
      runs,
      folderOf: (stage) => join(guest.folder, stage),
      trials,
      modelFigures,
    });
    return partial === undefined ? read : { ...read, notes: [...read.notes, partial] };
  }
  return {
    system: {
      name,
      runs: guest.runs.map(({ path, ...run }) => {
        const scores = joinScores(readScores(path), trials, path);
        return { ...run, scores, ...(guest.calibrated && { llrs: scores }) };
      }),
    },
    notes: [],
  };
}

/** The score files of a guest's runs. */
export const scorePaths = (guest: GuestSystem): string[] =>
  guest.from === 'files'
    ? guest.runs.map(({ path }) => path)
    : guest.runs.map(({ name }) => scoreFiles(join(guest.folder, 'score', name)).scores);

/**
 * What can be known before anything is made: that score files can be read and, where the trials are there (`prep`, the
 * folder of that stage), that they are of these trials.
 * @throws UserError
 */
export function checkGuest(guest: GuestSystem, prep: string | undefined): void {
  const ours = prep === undefined ? undefined : prepFiles(prep).trials;
  if (guest.from === 'experiment') {
    if (ours !== undefined) refuseOtherTrials(prepFiles(join(guest.folder, 'prep')).trials, ours);
    return;
  }
  const table = ours === undefined ? undefined : tableOfTrials(readTrials(ours));
  for (const { path } of guest.runs) {
    const scores = readScores(path);
    if (table) joinScores(scores, table, path);
  }
}

/** What tells a guest from what it was before, for the hash of a stage's settings: the content of its files. */
export function guestFingerprint(guest: GuestSystem): unknown {
  const inExperiment = (folder: string, run: string) => [
    scoreFiles(join(folder, 'score', run)).scores,
    join(folder, 'calibrate', run, calibrationRecord.name),
    join(folder, 'cost', run, costRecord.name),
  ];
  const paths =
    guest.from === 'files'
      ? guest.runs.map(({ path }) => path)
      : [
          prepFiles(join(guest.folder, 'prep')).trials,
          ...guest.runs.flatMap(({ name }) => inExperiment(guest.folder, name)),
        ];
  const files = paths.filter((path) => existsSync(path)).map((path) => fileSha256Now(path));
  const calibrated = guest.from === 'files' && guest.calibrated;
  return { name: guest.name, runs: guest.runs.map(({ name }) => name), files, ...(calibrated && { calibrated }) };
}

/** Lists of the same trials with the same labels may differ in order. @throws UserError saying how the lists differ */
function refuseOtherTrials(theirs: string, ours: string): void {
  const lists = [theirs, ours].map((path) => readTrials(path));
  const hashes = lists.map((trials) => trialFingerprint(trials));
  if (hashes[0] === hashes[1]) return;
  const labelled = (trials: readonly Trial[]) =>
    new Map(trials.map(({ enroll, test, target }) => [`${enroll} ${test}`, target]));
  const [their, our] = lists.map(labelled);
  const missing = [...our.keys()].filter((pair) => !their.has(pair));
  const extra = [...their.keys()].filter((pair) => !our.has(pair));
  const relabelled = [...our].filter(([pair, target]) => their.get(pair) === !target).map(([pair]) => pair);
  const differences = [
    ...(missing.length > 0 ? [`${missing.length} of ${our.size} pairs are not there: ${firstOf(missing)}`] : []),
    ...(extra.length > 0 ? [`${extra.length} of its ${their.size} pairs are not here: ${firstOf(extra)}`] : []),
    ...(relabelled.length > 0 ? [`${relabelled.length} pairs have the other label: ${firstOf(relabelled)}`] : []),
  ];
  if (differences.length === 0) differences.push('the same pairs, but other repeats of them');
  throw new UserError(
    `${theirs} (fingerprint ${hashes[0].slice(0, 12)}) has other trials than ${ours} (fingerprint ${hashes[1].slice(0, 12)})\n` +
      `${differences.join('\n')}\nscore both systems on the same list: only then their figures can be compared`,
  );
}
