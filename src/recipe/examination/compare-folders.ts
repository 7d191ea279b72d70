/**
 * @file The files of two runs of one experiment: which are the same bytes, and which differ only in what a run measures
 * of time and in where its folder lies.
 *
 * Pages, tables and figures that show measured times are not compared: what they are made of is. The indexes of a
 * feature cache hold hashes of the places of audio, so of a cache the archives are compared.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { realPath } from '../../storage/overwriting.js';
import { damageOf, filesIn, recordFiles } from '../../storage/written-files.js';

export type Sameness =
  'same bytes' | 'same but for times and places' | 'measured, not compared' | 'differs' | 'missing';

export interface ComparedFile {
  file: string;
  bytes: number;
  verdict: Sameness;
}

/** `report/index.html` and its figures, the texts of a comparison, costs, speeds; indexes of a cache. */
const MEASURED =
  /^(report|cost\/[^/]+)\/|^compare\/.*\.(txt|csv|md)$|^ablation\/.*\.(txt|csv|md)$|speed\.json$|^features(@\w+)?\/(cache|feats-\d+)\.json$|^features(@\w+)?\/feats\.scp$/;

/** TensorBoard's files have times, and a training has one for each time that it was started. */
const EVENTS = /\/events\.out\.tfevents\.[^/]+$/;

/**
 * Keys of what is measured of time and memory; `manifest`, a hash of the places of audio; and `notes`, which say how
 * often an experiment was used.
 */
const ITS_OWN = /^(training|extraction|extractionRate|realTimeFactor|utterancesPerSecond|dataWait|manifest|notes)$/;

/** Compares the files of a stage. @param stage its folder in both work folders */
export function compareStage(stage: string, ours: string, theirs: string): ComparedFile[] {
  const [own, other] = [ours, theirs].map((folder) => join(folder, stage));
  return filesIn(own).map((file): ComparedFile => {
    const path = join(own, file);
    return {
      file,
      bytes: statSync(path).size,
      verdict: compareFile(`${stage}/${file}`, ours, theirs, join(other, file)),
    };
  });
}

function compareFile(file: string, ours: string, theirs: string, other: string): Sameness {
  const own = join(ours, file);
  if (EVENTS.test(file)) return 'measured, not compared';
  if (!existsSync(other)) return 'missing';
  const [written] = Object.values(recordFiles(ours, [file]));
  if (damageOf(other, written) === undefined) return 'same bytes';
  if (MEASURED.test(file)) return 'measured, not compared';
  if (!/\.(jsonl?|txt|scp|csv|md|map)$/.test(file)) return 'differs';
  const [a, b] = [withoutPlace(own, ours), withoutPlace(other, theirs)];
  if (a === b) return 'same but for times and places';
  if (!/\.jsonl?$/.test(file)) return 'differs';
  const values = [a, b].map((text) => (file.endsWith('l') ? text.trimEnd().split('\n').map(parse) : parse(text)));
  return alike(values[0], values[1]) ? 'same but for times and places' : 'differs';
}

const parse = (text: string): unknown => JSON.parse(text);

/** However the folder is named: through a link too. */
const withoutPlace = (path: string, folder: string): string =>
  [realPath(folder), resolve(folder), folder].reduce(
    (text, place) => text.replaceAll(place, ''),
    readFileSync(path, 'utf8'),
  );

/** Equal but for the keys of what is each run's own. */
function alike(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [left, right] = [a, b] as Record<string, unknown>[];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => ITS_OWN.test(key) || alike(left[key], right[key]));
}
