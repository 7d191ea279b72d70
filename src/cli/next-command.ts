/** @file Which command comes next: what each says on stderr when it has done its work. */
import type { Command } from 'commander';
import { commandLine } from '../command-line.js';

/** What a command was given, as far as the next one depends on it. */
interface Given {
  model?: string;
  fold?: string;
  out?: string;
  why?: boolean;
  /** Nothing was done. */
  dryRun?: boolean;
  cancel?: boolean;
  plan?: boolean;
  trials?: string;
  manifest?: readonly string[];
  embeddings?: readonly string[];
  scores?: readonly string[];
  with?: readonly string[];
}

interface Situation extends Given {
  /** The recipe does not use its test trials yet. */
  kept: boolean;
  /** The recipe has folds. */
  folded: boolean;
}

const scoreNext = ({ kept, model }: Situation) => [
  'score',
  kept ? 'dev-trials.txt' : 'trials.txt',
  ...(model === undefined ? [] : ['--model', model]),
];
const reportNext = ({ why, trials, scores = [], with: others = [], fold, folded }: Situation) => {
  const ofOne = !folded || fold !== undefined; // all folds together have no report
  return why || trials !== undefined || scores.length + others.length > 0 || !ofOne ? undefined : ['report', '--open'];
};
const withOut =
  (...words: string[]) =>
  ({ out }: Situation) =>
    out === undefined ? undefined : words.map((word) => (word === 'OUT' ? out : word));

/** The next command by the one that has ended: its words after `acanet`; undefined where there is none. */
const NEXT: Readonly<Record<string, (situation: Situation) => readonly string[] | undefined>> = {
  prep: () => ['train'],
  features: () => ['train'],
  train: scoreNext,
  average: scoreNext,
  score: ({ kept, manifest = [], embeddings = [] }) =>
    manifest.length + embeddings.length > 0 ? undefined : kept ? ['run'] : ['compare', 'baseline'],
  compare: reportNext,
  run: reportNext,
  demo: reportNext,
  'data import': withOut('data', 'stats', 'OUT'),
  'data fix': withOut('data', 'stats', 'OUT'),
  'trials make': withOut('trials', 'check', 'OUT'),
  import: withOut('embed', 'FILES…', '--model', 'OUT', '--out', 'embeddings.ark'),
};

/** @returns the whole command line; undefined where nothing comes next */
export function nextCommand(ended: Command, recipe: Pick<Situation, 'kept' | 'folded'>): string | undefined {
  const names: string[] = [];
  for (let command: Command | null = ended; command?.parent; command = command.parent) names.unshift(command.name());
  const given = ended.opts<Given>();
  const next =
    given.dryRun || given.cancel || given.plan ? undefined : NEXT[names.join(' ')]?.({ ...given, ...recipe });
  if (next === undefined) return undefined;
  const work = ended.getOptionValueSource('work') === 'cli' ? ['--work', ended.opts<{ work: string }>().work] : [];
  const fold = given.fold === undefined ? [] : ['--fold', given.fold];
  return commandLine([...next, ...fold, ...work]).replace(/'(FILES…)'/, '$1');
}
