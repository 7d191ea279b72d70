/** @file `acanet data convert`: a manifest in the form that other toolkits read. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Utterance } from '../corpus/manifest/manifest.js';
import type { Trial } from '../corpus/trials/trial.js';
import { UserError } from '../errors.js';
import { refuseReplacing } from '../storage/overwriting.js';
import { listenForInterruption } from './interruption.js';
import { createTalk, print, printJson, type Talk } from './output.js';
import { withExamples } from './recipe-options.js';
import { counted, firstOf } from '../problem-list.js';

interface ConvertFlags {
  to: string;
  trials?: string;
  json?: boolean;
}

export function addDataConvert(data: Command): void {
  const command = data
    .command('convert')
    .description('write a manifest as Kaldi data folders (one a split), as a table, or as lhotse manifests')
    .argument('<manifest>', 'the manifest, or - for the standard input')
    .argument('<out>', 'the folder (kaldi, lhotse) or file (csv) to write')
    .requiredOption('--to <form>', 'kaldi, csv or lhotse')
    .option('--trials <file>', 'kaldi: a trial list to put into the test folder')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet data convert manifest.jsonl data --to kaldi',
    'acanet data convert manifest.jsonl corpus.csv --to csv',
  ).action(async (manifest: string, out: string, { to, trials, json }: ConvertFlags) => {
    refuseReplacing([out], [manifest]);
    if (trials !== undefined && to !== 'kaldi') throw new UserError('--trials goes with --to kaldi only');
    const { readCheckedManifest } = await import('../corpus/manifest/manifest-lines.js');
    const talk = createTalk();
    const utterances = readCheckedManifest(manifest);
    const files = await write({ utterances, out, to, trials, talk }).finally(talk.stop);
    talk.log(`${counted(utterances.length, 'utterance')} as ${to}`);
    if (json) printJson({ utterances: utterances.length, files });
    else print(files.join('\n'));
  });
}

interface Writing {
  utterances: readonly Utterance[];
  out: string;
  to: string;
  trials: string | undefined;
  talk: Talk;
}

async function write({ utterances, out, to, trials, talk }: Writing): Promise<string[]> {
  if (to === 'kaldi') return writeKaldi({ utterances, out, trials, talk });
  const { writeLhotseManifests, writeUtteranceTable } = await import('../corpus/export/manifest-export.js');
  if (to === 'lhotse') {
    return writeLhotseManifests(out, utterances, {
      onProgress: (done, total) => talk.progress('headers', done, total),
      signal: listenForInterruption(),
    });
  }
  if (to !== 'csv') throw new UserError(`--to: expected kaldi, csv or lhotse, got ${JSON.stringify(to)}`);
  writeUtteranceTable(out, utterances);
  return [out];
}

/**
 * One folder where there is one split, else one for each. All of them are written aside first, so that a failure leaves
 * nothing behind.
 */
async function writeKaldi({ utterances, out, trials, talk }: Omit<Writing, 'to'>): Promise<string[]> {
  const [{ writeKaldiFolder }, { splits }, { readTrials }, { replaceDirectory }] = await Promise.all([
    import('../corpus/export/kaldi-folder-writer.js'),
    import('../corpus/manifest/manifest.js'),
    import('../corpus/trials/trials.js'),
    import('../storage/atomic-write.js'),
  ]);
  const present = splits.filter((split) => utterances.some((utterance) => utterance.split === split));
  if (trials !== undefined && !present.includes('test'))
    throw new UserError(`--trials: the manifest has no utterances of the split test`);
  const list = trials === undefined ? undefined : readTrials(trials);
  if (list !== undefined) refuseForeign(list, { trials: trials!, utterances });
  const folders = present.map((split) => ({ split, folder: present.length === 1 ? out : join(out, split) }));
  const write = ([next, ...rest]: typeof folders): Promise<string[]> | string[] => {
    if (next === undefined) return [];
    const { split, folder } = next;
    return replaceDirectory(folder, async (aside) => {
      const own = utterances.filter((utterance) => utterance.split === split);
      const { files, notes } = writeKaldiFolder(folder, own, {
        aside,
        ...(list !== undefined && split === 'test' && { trials: list }),
      });
      for (const note of notes) talk.log(`  ${folder}: ${note}`);
      return [...files.map((file) => join(folder, file)), ...(await write(rest))];
    });
  };
  const isNew = !existsSync(out);
  try {
    return await write(folders);
  } catch (error) {
    // The folder that was made for those of the splits.
    if (isNew) rmSync(out, { recursive: true, force: true });
    throw error;
  }
}

/** @throws UserError where a trial tests what the test folder does not have. Who is enrolled may be a model or a speaker. */
function refuseForeign(
  list: readonly Trial[],
  { trials, utterances }: { trials: string; utterances: readonly Utterance[] },
): void {
  const known = new Set(utterances.filter(({ split }) => split === 'test').map(({ id }) => id));
  const foreign = new Set(list.map(({ test }) => test).filter((test) => !known.has(test)));
  if (foreign.size === 0) return;
  throw new UserError(
    `--trials ${trials}: ${counted(foreign.size, 'id that it tests is', 'ids that it tests are')} not among the test utterances of the manifest: ${firstOf([...foreign])}\n` +
      '  is this the trial list of this manifest?',
  );
}
