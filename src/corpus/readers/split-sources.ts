/**
 * @file Where corpora that come as lists (kaldi, csv, lhotse) have their lists: one for all, or some for each split.
 *
 * In a recipe either `source: PATH`, or `train: PATH` and `test: PATH` (and `dev: PATH`), each also a YAML list. With
 * both, the splits' paths start at the source; without a source, at the working directory.
 */
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { requireSource } from './corpus-reader.js';
import { isListThere } from '../../storage/text-lines.js';
import type { Split } from '../manifest/manifest.js';

const pathsOption = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional();

export const splitSourceOptions = {
  /** The lists, or the folder that the splits' paths start at. */
  source: z.string().optional(),
  train: pathsOption,
  dev: pathsOption,
  test: pathsOption,
};
type Paths = string | string[] | undefined;

export interface SplitSource {
  /** Absolute. */
  path: string;
  /** Undefined where test speakers are still to be chosen. */
  split?: Split;
}

/** The lists that the options name. @param what a source is, for the message where none is named */
export function splitSources(
  { source, train, dev, test }: { source?: string | undefined; train?: Paths; dev?: Paths; test?: Paths },
  what: string,
): SplitSource[] {
  const named = Object.entries({ train, dev, test }).flatMap(([split, paths]) =>
    [paths ?? []].flat().map((path) => ({ path: resolve(source ?? '', path), split: split as Split })),
  );
  if (named.length === 0) return [{ path: resolve(requireSource(source, what)) }];
  if (train === undefined) {
    throw new UserError('corpus.train is not set, but corpus.dev or corpus.test is: expected what to train on');
  }
  // Without test lists, test speakers are chosen among those of the training lists.
  return test === undefined ? named.map(({ path, split }) => (split === 'train' ? { path } : { path, split })) : named;
}

/** Test speakers may be in it. */
export const mayBeTested = ({ split }: SplitSource): boolean => split === 'test' || split === undefined;

/** The trial lists that lie beside the lists of what may be tested. */
export const listsBeside = (sources: readonly SplitSource[]): string[] =>
  sources
    .filter(mayBeTested)
    .map(({ path }) => join(dirname(path), 'trials.txt'))
    .filter(isListThere);
