/** @file Reading a corpus outside a recipe, for a manifest of it: `acanet data import`. */
import { corpusOptions, corpusReaders, prepareCorpus } from '../corpus/registry.js';
import type { PreparedCorpus } from '../corpus/corpus-reader.js';
import { UserError } from '../errors.js';
import { didYouMean } from './closest-name.js';
import { setLocated, type Located } from './located-yaml.js';
import { checkLocated } from './schema-errors.js';

export interface ImportCorpusOptions {
  type: string;
  source: string;
  /** `key=value`, as of a recipe's `corpus` section; `corpus.key=value` too, as messages and recipes name it. */
  sets: readonly string[];
  /** Where audio goes that a reader makes. */
  audioDir: string;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Types that have audio of their own to be read. */
export const importableCorpora = Object.keys(corpusReaders).filter((type) => type !== 'synth');

/** Throws UserError for an unknown type or option, and what the reader throws. */
export async function importCorpus({
  type,
  source,
  sets,
  audioDir,
  onProgress,
  signal,
}: ImportCorpusOptions): Promise<PreparedCorpus> {
  if (!importableCorpora.includes(type)) {
    throw new UserError(
      `no corpus type "${type}"${didYouMean(type, importableCorpora)}; there are ${importableCorpora.join(', ')}`,
    );
  }
  const given: Located = {
    at: 'the command line',
    value: new Map([
      ['type', { at: 'the command line', value: type }],
      ['source', { at: 'the command line', value: source }],
    ]),
  };
  const options = checkLocated(
    corpusOptions,
    sets.reduce((root, set) => setLocated(root, set.replace(/^\s*corpus\./, '')), given),
  );
  return prepareCorpus(options, { audioDir, onProgress, signal });
}
