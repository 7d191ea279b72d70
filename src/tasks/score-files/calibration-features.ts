/**
 * @file What calibration learns from and is applied to: the scores of one system or several on the same trials, and
 * quality measures of both sides.
 *
 * A feature has a name: `score`, `score of system 2`, `lower duration`, `higher cohort-mean`. What was learned is kept
 * with the names, so that it is applied to the same features. A measure of a file is named by it, without folder and
 * ending; files of one name are one measure (of development and test utterances).
 */
import { basename, extname } from 'node:path';
import { UserError } from '../../errors.js';
import {
  type QualityFeature,
  qualityFeatures,
  type QualityMeasure,
} from '../../scoring/calibration/quality-measures.js';
import { joinScores, readScores } from '../../scoring/scores/scores-file.js';
import type { Pairs } from '../../scoring/scores/trial-table.js';
import { readTextLines } from '../../storage/text-lines.js';
import { readEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { readLabelledScores } from './evaluate-score-file.js';
import { sidesFromManifest } from './trial-sides.js';

/** Where quality measures come from. */
export interface QualitySources {
  /** Knows durations. */
  manifest?: string;
  /** Whose norms are a measure. */
  embeddings?: string;
  /** `utterance value` lines. */
  quality?: readonly string[];
}

export interface SystemScores {
  pairs: Pairs;
  /** One score a trial for each system. */
  systems: Float64Array[];
  labels?: Uint8Array;
  /** The labels that the score file itself has. */
  written?: Uint8Array;
}

/** The scores of several systems on the same trials, in the order of the list, else of the first file. */
export function readSystems(paths: readonly string[], list?: string): SystemScores {
  const table = readScores(paths[0]);
  const first = list !== undefined || table.labels ? readLabelledScores(paths[0], list) : table;
  const trials = { ...first, labels: first.labels ?? new Uint8Array(first.scores.length) };
  const others = paths.slice(1).map((path) => {
    const { labels, ...other } = readScores(path);
    return joinScores(first.labels && labels ? { ...other, labels } : other, trials, path);
  });
  return {
    pairs: first,
    systems: [first.scores, ...others],
    ...(first.labels && { labels: first.labels }),
    ...(table.labels && first.labels && { written: first.labels }),
  };
}

/** Opens the quality measures; the result gives the features of scores, whose trials may be those of a list. */
export function calibrationFeatures(
  sources: QualitySources,
): (scores: SystemScores, list?: string) => QualityFeature[] {
  const measures = openMeasures(sources);
  return ({ pairs, systems }, list) => [
    ...systems.map((values, i) => ({ name: systems.length > 1 ? `score of system ${i + 1}` : 'score', values })),
    ...measures.flatMap((measure) => qualityFeatures(measure(pairs, list), pairs)),
  ];
}

function openMeasures({ manifest, embeddings, quality = [] }: QualitySources) {
  const measures: ((pairs: Pairs, list?: string) => QualityMeasure)[] = [];
  if (manifest !== undefined) {
    measures.push((pairs, trials) => {
      const sides = sidesFromManifest(manifest, pairs, { trials });
      const values = new Map(pairs.ids.map((id, number) => [id, sides[number].duration]));
      return { name: 'duration', values, logarithm: true };
    });
  }
  if (embeddings !== undefined) {
    const norms = Array.from(readEmbeddings(embeddings), ([id, vector]) => [id, Math.hypot(...vector)] as const);
    measures.push(() => ({ name: 'norm', values: new Map(norms), logarithm: true }));
  }
  const byName = new Map<string, Map<string, number>>();
  for (const path of quality) {
    const name = basename(path, extname(path));
    const values = byName.get(name) ?? new Map<string, number>();
    byName.set(name, values);
    readValues(path, values);
  }
  for (const [name, values] of byName) measures.push(() => ({ name, values, logarithm: false }));
  return measures;
}

/** Adds `utterance value` lines. @throws UserError with file:line, also where an utterance has two values */
function readValues(path: string, values: Map<string, number>): void {
  for (const { text, number } of readTextLines(path, { what: 'the quality measure' })) {
    const fields = text.trim().split(/\s+/);
    if (fields[0] === '') continue;
    const [id, written] = fields;
    const value = Number(written);
    if (fields.length !== 2 || !Number.isFinite(value)) {
      throw new UserError(`${path}:${number}: expected an utterance and a finite number, got ${JSON.stringify(text)}`);
    }
    const earlier = values.get(id);
    if (earlier !== undefined && earlier !== value) {
      throw new UserError(`${path}:${number}: ${id} has the value ${value} here, and ${earlier} on an earlier line`);
    }
    values.set(id, value);
  }
}
