/** @file `acanet data split`: the speakers of a manifest divided into training, development and test. */
import type { Command } from 'commander';
import type { PartSize } from '../corpus/manifest/manifest-split.js';
import { UserError } from '../errors.js';
import { refuseTwins, shareOf } from './data-arguments.js';
import { refuseReplacing } from '../storage/overwriting.js';
import { wholeNumber } from './number-flag.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';

interface SplitFlags {
  train?: string;
  test?: string;
  dev?: string;
  out?: string;
  fraction?: string;
  speakers?: string;
  devFraction?: string;
  devSpeakers?: string;
  folds?: string;
  seed: string;
  json?: boolean;
}

export function addDataSplit(data: Command): void {
  const command = data
    .command('split')
    .description(
      'divide the speakers into training, test and development: none is on two sides, genders are kept in their shares',
    )
    .argument('<manifest>', 'the manifest, or - for the standard input; its own splits are not looked at')
    .option('--train <a.jsonl>', 'where the training utterances go')
    .option('--test <b.jsonl>', 'where the test utterances go')
    .option('--dev <c.jsonl>', 'where the development utterances go')
    .option('--out <all.jsonl>', 'or all in one manifest, in its order, with their splits')
    .option('--fraction <share>', 'share of the speakers for the test (default: 0.2)')
    .option('--speakers <n>', 'number of speakers for the test')
    .option('--dev-fraction <share>', 'share for development (default with --dev: as many as for the test)')
    .option('--dev-speakers <n>', 'number for development')
    .option(
      '--folds <n>',
      'instead: n manifests OUT/1.jsonl, OUT/2.jsonl …; each speaker is a test speaker in one of them',
    )
    .option('--seed <n>', 'of the draw', '1')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet data split manifest.jsonl --train train.jsonl --test test.jsonl --fraction 0.2 --seed 1',
    'acanet data split manifest.jsonl --out split.jsonl --speakers 40 --dev-speakers 20',
    'acanet data split manifest.jsonl --folds 5 --out folds',
  ).action(async (manifest: string, flags: SplitFlags) => {
    const { train, test, dev, out } = flags;
    if (flags.folds !== undefined) return await splitFolds(manifest, flags);
    if (out !== undefined && (train ?? test ?? dev) !== undefined)
      throw new UserError('--out puts all into one manifest; leave out --train, --test and --dev');
    if (out === undefined && (train === undefined || test === undefined))
      throw new UserError('expected --train FILE and --test FILE (and --dev FILE if wanted), or --out FILE');
    refuseReplacing([train, test, dev, out], [manifest]);
    refuseTwins([train, test, dev]);
    const testSize = sizeOf(flags.fraction, flags.speakers, '') ?? { fraction: 0.2 };
    const devGiven = sizeOf(flags.devFraction, flags.devSpeakers, 'dev-');
    if (devGiven && out === undefined && dev === undefined)
      throw new UserError('expected --dev FILE for the development part');
    const devSize = devGiven ?? (dev === undefined ? undefined : testSize);
    const seed = wholeNumber('--seed', flags.seed, { from: 0 }) ?? 1;

    const [{ splitBySpeaker }, { readCheckedManifest }, { describeCorpus, splits, summarizeCorpus, writeManifest }] =
      await Promise.all([
        import('../corpus/manifest/manifest-split.js'),
        import('../corpus/manifest/manifest-lines.js'),
        import('../corpus/manifest/manifest.js'),
      ]);
    const utterances = splitBySpeaker(readCheckedManifest(manifest), {
      test: testSize,
      ...(devSize && { dev: devSize }),
      seed,
    });
    const files = out === undefined ? { train, dev, test } : {};
    const written: string[] = [];
    if (out !== undefined) {
      writeManifest(out, utterances);
      written.push(out);
    }
    for (const split of splits) {
      const file = files[split];
      if (file === undefined) continue;
      writeManifest(
        file,
        utterances.filter((utterance) => utterance.split === split),
      );
      written.push(file);
    }
    const talk = createTalk();
    for (const line of describeCorpus(utterances)) talk.log(`  ${line}`);
    if (flags.json) printJson({ files: written, seed, splits: summarizeCorpus(utterances) });
    else print(written.join('\n'));
  });
}

/** One manifest a fold. */
async function splitFolds(manifest: string, flags: SplitFlags): Promise<void> {
  const { out } = flags;
  const others = ['train', 'test', 'dev', 'fraction', 'speakers', 'devFraction', 'devSpeakers'] as const;
  if (out === undefined || others.some((name) => flags[name] !== undefined))
    throw new UserError('--folds goes with --out DIR, and with none of the options for parts');
  const folds = wholeNumber('--folds', flags.folds, { from: 2 })!;
  const seed = wholeNumber('--seed', flags.seed, { from: 0 }) ?? 1;
  const [{ splitIntoFolds }, { readCheckedManifest }, { describeCorpus, writeManifest }, { join }, { mkdirSync }] =
    await Promise.all([
      import('../corpus/manifest/manifest-split.js'),
      import('../corpus/manifest/manifest-lines.js'),
      import('../corpus/manifest/manifest.js'),
      import('node:path'),
      import('node:fs'),
    ]);
  const parts = splitIntoFolds(readCheckedManifest(manifest), { folds, seed });
  const files = parts.map((_, fold) => join(out, `${fold + 1}.jsonl`));
  refuseReplacing(files, [manifest]);
  mkdirSync(out, { recursive: true });
  const talk = createTalk();
  parts.forEach((utterances, fold) => {
    writeManifest(files[fold], utterances);
    talk.log(`  fold ${fold + 1}: ${describeCorpus(utterances).join('; ')}`);
  });
  if (flags.json) printJson({ files, seed });
  else print(files.join('\n'));
}

function sizeOf(fraction: string | undefined, speakers: string | undefined, prefix: string): PartSize | undefined {
  if (fraction !== undefined && speakers !== undefined)
    throw new UserError(`expected either --${prefix}fraction or --${prefix}speakers, got both`);
  const share = shareOf(`--${prefix}fraction`, fraction);
  if (share !== undefined) return { fraction: share };
  const count = wholeNumber(`--${prefix}speakers`, speakers);
  return count === undefined ? undefined : { speakers: count };
}
