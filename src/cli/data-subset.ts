/** @file `acanet data subset`: so many utterances of each speaker, so many speakers, of a manifest. */
import type { Command } from 'commander';
import type { PerSplit } from '../corpus/manifest/manifest-subset.js';
import { UserError } from '../errors.js';
import { refuseReplacing } from '../storage/overwriting.js';
import { wholeNumber } from './number-flag.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';

interface SubsetFlags {
  out: string;
  perSpeaker?: string;
  speakers?: string;
  seed?: string;
  json?: boolean;
}

export function addDataSubset(data: Command): void {
  const command = data
    .command('subset')
    .description('keep so many utterances of each speaker, and so many speakers: a small corpus out of a large one')
    .argument('<manifest>', 'the manifest, or - for the standard input')
    .requiredOption('--out <subset.jsonl>', 'the manifest to write')
    .option('--per-speaker <n>', 'utterances of each speaker; or for each split, such as train=1,test=10')
    .option('--speakers <n>', 'speakers of each split; or for each split, such as train=200')
    .option('--seed <n>', 'draws them (default: the first ones, in the order of the manifest)')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet data subset all.jsonl --out cut.jsonl --per-speaker train=1,test=10',
    'acanet data subset all.jsonl --out small.jsonl --speakers 40 --seed 1',
  ).action(async (manifest: string, { out, json, ...flags }: SubsetFlags) => {
    refuseReplacing([out], [manifest]);
    const perSpeaker = perSplit('--per-speaker', flags.perSpeaker);
    const speakers = perSplit('--speakers', flags.speakers);
    if (!perSpeaker && !speakers) throw new UserError('expected --per-speaker or --speakers: what is to be kept?');
    const seed = wholeNumber('--seed', flags.seed, { from: 0 });
    const [{ subsetOf }, { readCheckedManifest }, { describeCorpus, summarizeCorpus, writeManifest }] =
      await Promise.all([
        import('../corpus/manifest/manifest-subset.js'),
        import('../corpus/manifest/manifest-lines.js'),
        import('../corpus/manifest/manifest.js'),
      ]);
    const all = readCheckedManifest(manifest);
    const kept = subsetOf(all, { perSpeaker, speakers, seed });
    writeManifest(out, kept);
    const talk = createTalk();
    talk.log(`${kept.length} of ${all.length} utterances`);
    for (const line of describeCorpus(kept)) talk.log(`  ${line}`);
    if (json) printJson({ file: out, utterances: kept.length, of: all.length, splits: summarizeCorpus(kept) });
    else print(out);
  });
}

/** `10`, or `train=1,test=10`. Throws UserError naming the flag. */
function perSplit(flag: string, text: string | undefined): PerSplit | undefined {
  if (text === undefined) return undefined;
  if (!text.includes('=')) {
    const count = wholeNumber(flag, text);
    return { train: count, dev: count, test: count };
  }
  const counts: PerSplit = {};
  for (const part of text.split(',')) {
    const [, split, count] = /^\s*(train|dev|test)\s*=(.*)$/.exec(part) ?? [];
    if (split === undefined || split in counts) {
      throw new UserError(
        `${flag}: expected a number, or numbers by split such as train=1,test=10, got ${JSON.stringify(text)}`,
      );
    }
    counts[split as keyof PerSplit] = wholeNumber(`${flag} ${split}`, count);
  }
  return counts;
}
