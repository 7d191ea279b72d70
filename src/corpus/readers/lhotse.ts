/**
 * @file Corpus `lhotse`: lhotse's manifests, JSON lines, gzip'd or not: recordings and supervisions, or cuts.
 *
 * Description and licence: those of the corpus that the manifests describe. A supervision is an utterance; a cut is one
 * too, if all its supervisions are of one speaker. Speaker and gender are the supervision's (gender also as a custom
 * field); a session is a recording, or `session` in `custom`. Audio has to be a file: sources that are commands, addresses or data in the
 * manifest, recordings that are changed when read (transforms), and cuts that are mixed, are refused. Layout: `train`
 * and `test` (and `dev`) name supervisions or cuts; recordings are found by the name that has `recordings` for
 * `supervisions`, or named by `recordings`. `source` is a folder of which all supervisions (else all cuts) are taken,
 * with the split that their name says (`…_supervisions_train.jsonl.gz`). Split and trials: as in test-split.ts.
 * Relative paths start at `root`, else at the working directory, as lhotse's do.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { CorpusReader } from './corpus-reader.js';
import { readCuts, readRecordings, readSupervisions } from './lhotse-manifests.js';
import { toUtterances, type ListedUtterance } from './listed-utterance.js';
import { compareIds, type Split } from '../manifest/manifest.js';
import { firstOf } from '../../problem-list.js';
import { listsBeside, splitSourceOptions, splitSources, type SplitSource } from './split-sources.js';
import { splitOffTest, testSplitOptions } from './test-split.js';

const lhotseOptions = z.strictObject({
  type: z.literal('lhotse'),
  ...splitSourceOptions,
  /** The recordings of the supervisions, where their names do not say so. */
  recordings: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
  /** Where relative paths of audio files start; default: the working directory. */
  root: z.string().optional(),
  ...testSplitOptions,
});

export const lhotseReader: CorpusReader<typeof lhotseOptions> = {
  type: 'lhotse',
  options: lhotseOptions,
  async prepare(options, context) {
    const manifests = splitSources(
      options,
      "a folder with lhotse's supervisions and recordings, or one of them",
    ).flatMap(expand);
    const root = resolve(options.root ?? '');
    const listed: ListedUtterance[] = [];
    for (const { path, split } of manifests) {
      const own = isCuts(basename(path))
        ? readCuts(path, root)
        : readSupervisions(path, readRecordings(recordingsOf(path, options), root));
      for (const item of own) listed.push(split ? { ...item, split } : item);
    }
    const where = manifests.map(({ path }) => path).join(', ');
    const lists = listsBeside(manifests);
    const split = await splitOffTest(listed, options, { ...context, where, lists });
    const { utterances, notes } = await toUtterances(split.listed, { corpus: 'lhotse', where, context });
    const { notes: trialNotes, ...tests } = split.trialsOf(utterances);
    return {
      utterances,
      ...tests,
      notes: [
        `manifests: ${manifests.map(({ path }) => basename(path)).join(', ')}`,
        ...split.notes,
        ...trialNotes,
        ...notes,
      ],
    };
  },
};

const isCuts = (name: string) => name.includes('cuts') && !name.includes('supervisions');

const MANIFEST = /\.jsonl(\.gz)?$/;

/** A folder stands for its supervisions, or its cuts if it has none. */
function expand(source: SplitSource): SplitSource[] {
  const stat = statSync(source.path, { throwIfNoEntry: false });
  if (!stat) throw new UserError(`${source.path}: no such file or folder; expected lhotse's manifests`);
  if (!stat.isDirectory()) return [source];
  const files = readdirSync(source.path)
    .filter((name) => MANIFEST.test(name))
    .sort(compareIds);
  const supervisions = files.filter((name) => name.includes('supervisions'));
  const chosen = supervisions.length > 0 ? supervisions : files.filter(isCuts);
  if (chosen.length === 0) {
    throw new UserError(
      `${source.path}: expected *supervisions*.jsonl.gz with *recordings*.jsonl.gz, or *cuts*.jsonl.gz, ` +
        `found ${firstOf(files) || 'no .jsonl or .jsonl.gz'}`,
    );
  }
  const expanded = chosen.map((name) => {
    const split = source.split ?? splitOfName(name);
    return { path: join(source.path, name), ...(split ? { split } : {}) };
  });
  // Some of them with and some without a split would put what is unnamed into training unasked.
  if (!expanded.some(({ split }) => split === 'test')) {
    return expanded.map(({ path, split }) => ({ path, ...(split === 'dev' ? { split } : {}) }));
  }
  const unnamed = expanded.filter(({ split }) => split === undefined);
  if (unnamed.length === 0) return expanded;
  throw new UserError(
    `${source.path}: which split is ${firstOf(unnamed.map(({ path }) => basename(path)))}? ` +
      'Others say so in their names; name all with corpus.train and corpus.test.',
  );
}

/** What stands behind the kind says more than what stands before it: there a corpus has its name. */
function splitOfName(name: string): Split | undefined {
  const [, behind] = /^.*(?:supervisions|cuts)(.*)$/i.exec(name) ?? [];
  return (behind === undefined ? undefined : splitIn(behind)) ?? splitIn(name);
}

function splitIn(name: string): Split | undefined {
  const words = name.toLowerCase().split(/[^a-z]+/);
  if (words.includes('train')) return 'train';
  if (words.includes('test') || words.includes('eval')) return 'test';
  return words.includes('dev') || words.includes('valid') ? 'dev' : undefined;
}

/** The files that hold the recordings of a supervision file. */
function recordingsOf(
  supervisions: string,
  { source, recordings }: { source?: string | undefined; recordings?: string | string[] | undefined },
): string[] {
  if (recordings !== undefined) {
    const folder = source !== undefined && statSync(source, { throwIfNoEntry: false })?.isDirectory() ? source : '';
    return [recordings].flat().map((path) => resolve(folder, path));
  }
  const name = basename(supervisions);
  const own = join(dirname(supervisions), name.replace('supervisions', 'recordings'));
  if (own !== supervisions && existsSync(own)) return [own];
  throw new UserError(
    `${supervisions}: expected its recordings in ${basename(own)} beside it; name them with corpus.recordings`,
  );
}
