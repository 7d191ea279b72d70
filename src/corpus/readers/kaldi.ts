/**
 * @file Corpus `kaldi`: Kaldi data folders, as most toolkits can write them (`kaldi-folder.ts` says what is read).
 *
 * Description and licence: those of the corpus that the folders were made of.
 * Split: `train`, `test` and perhaps `dev` name data folders, one or several each; or `source` is a folder with such
 * folders named train, test and dev; or it is one data folder, of which test speakers are chosen (see test-split.ts).
 * Trials: `trials: FILE`, or `trials` in the test folder, or made. Commands in wav.scp run only with `allowPipes`.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { CorpusReader } from './corpus-reader.js';
import { findKaldiList, readKaldiFolder, type KaldiFolder } from './kaldi-folder.js';
import { runPipeCommands } from './kaldi-pipes.js';
import { toUtterances, type ListedUtterance } from './listed-utterance.js';
import { throwProblems } from '../../problem-list.js';
import { mayBeTested, splitSourceOptions, splitSources, type SplitSource } from './split-sources.js';
import { splitOffTest, testSplitOptions } from './test-split.js';

const kaldiOptions = z.strictObject({
  type: z.literal('kaldi'),
  ...splitSourceOptions,
  /** Where relative paths of wav.scp start; default: the working directory, else the data folder or the one above. */
  root: z.string().optional(),
  /** Run the commands of wav.scp (lines that end with a bar) in the shell. */
  allowPipes: z.boolean().default(false),
  ...testSplitOptions,
});

export const kaldiReader: CorpusReader<typeof kaldiOptions> = {
  type: 'kaldi',
  options: kaldiOptions,
  async prepare(options, context) {
    const sources = splitSources(options, 'a Kaldi data folder, or one with train and test in it').flatMap(expand);
    const where = sources.map(({ path }) => path).join(', ');
    const folders = sources.map(({ path, split }) => ({ ...readKaldiFolder(path, options), split }));
    if (!options.allowPipes) refuseCommands(folders);
    const all: ListedUtterance[] = [];
    const pipeNotes: string[] = [];
    for (const { listed, commands, split } of folders) {
      const made = await runPipeCommands(commands, context);
      for (const { recording, ...item } of listed) {
        all.push({ ...item, path: made.files.get(recording) ?? item.path, ...(split ? { split } : {}) });
      }
      pipeNotes.push(...made.notes);
    }
    const lists = sources.filter(mayBeTested).flatMap(({ path }) => {
      return findKaldiList(path, 'trials') ?? findKaldiList(path, 'trials.txt') ?? [];
    });
    const split = await splitOffTest(all, options, { ...context, where, lists });
    const { utterances, notes } = await toUtterances(split.listed, { corpus: 'kaldi', where, context });
    const { notes: trialNotes, ...tests } = split.trialsOf(utterances);
    return {
      utterances,
      ...tests,
      notes: [...folders.flatMap((folder) => folder.notes), ...pipeNotes, ...split.notes, ...trialNotes, ...notes],
    };
  },
};

/** A folder that is none of Kaldi's but holds some named after the splits stands for them. */
function expand(source: SplitSource): SplitSource[] {
  if (source.split !== undefined || findKaldiList(source.path, 'wav.scp')) return [source];
  const below = (['train', 'dev', 'test'] as const)
    .map((split) => ({ path: join(source.path, split), split }))
    .filter(({ path }) => findKaldiList(path, 'wav.scp'));
  const has = (wanted: string) => below.some(({ split }) => split === wanted);
  if (has('train') && has('test')) return below;
  if (has('train')) return below.map(({ path, split }) => (split === 'train' ? { path } : { path, split }));
  throw new UserError(
    `${source.path}: expected a Kaldi data folder (wav.scp, utt2spk), or folders train and test that are; ` +
      'others are named with corpus.train and corpus.test',
  );
}

function refuseCommands(folders: readonly KaldiFolder[]): void {
  const commands = folders.flatMap((folder) => folder.commands);
  throwProblems(
    commands.map(({ where, command }) => `${where}: ${command} |`),
    {
      where: 'wav.scp',
      what: 'recordings are commands, not files',
      one: 'recording is a command, not a file',
      remedy: 'Running them runs whatever they say; if you trust them: --allow-pipes, or --set corpus.allowPipes=true.',
    },
  );
}
