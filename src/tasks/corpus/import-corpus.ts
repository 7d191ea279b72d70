/** @file Reading a corpus outside a recipe, for a manifest of it: `acanet data import`. */
import { corpusOptions, corpusReaders, prepareCorpus } from '../../corpus/readers/registry.js';
import type { PreparedCorpus } from '../../corpus/readers/corpus-reader.js';
import { UserError } from '../../errors.js';
import { unknownName } from '../../configuration/closest-name.js';
import { setLocated, type Located } from '../../configuration/located-yaml.js';
import { checkLocated } from '../../configuration/schema-errors.js';

export interface ImportCorpusOptions {
  type: string;
  source: string;
  /** `key=value`, as of a recipe's `corpus` section; `corpus.key=value` too, as messages and recipes name it. */
  sets: readonly string[];
  /** Where audio goes that a reader makes. */
  audioDir: string;
  /** Whether test trials are wanted, and are to be made where the corpus brings none. */
  makeTrials: boolean;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Types that have audio of their own to be read, in one place. */
const importableCorpora = Object.keys(corpusReaders).filter((type) => type !== 'synth' && type !== 'pool');

/** Throws UserError for an unknown type or option, and what the reader throws. */
export async function importCorpus({
  type,
  source,
  sets,
  audioDir,
  makeTrials,
  onProgress,
  signal,
}: ImportCorpusOptions): Promise<PreparedCorpus> {
  if (!importableCorpora.includes(type)) {
    throw new UserError(`no corpus type ${unknownName(type, importableCorpora)}`);
  }
  const keys = sets.map((set) => withoutSection(set).split('=', 1)[0].trim());
  const positional = keys.find((key) => key === 'type' || key === 'source');
  if (positional !== undefined) {
    throw new UserError(
      `--set ${positional}: the ${positional} is given before the options; take --set ${positional} out`,
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
    sets.reduce((root, set) => setLocated(root, withoutSection(set)), given),
  );
  return prepareCorpus(options, { audioDir, makeTrials, onProgress, signal });
}

/** A setting as it is named within the recipe's `corpus` section. */
const withoutSection = (set: string): string => set.replace(/^\s*corpus\./, '');
