/**
 * @file `acanet features`: manifest → feature cache; `acanet features extract`: audio files → an archive of features.
 */
import { join } from 'node:path';
import type { Command } from 'commander';
import type { RatePolicy } from '../features/options.js';
import { wholeNumber } from './number-flag.js';
import { otherRatesOption } from './other-rates-option.js';
import { createTalk, print, printJson } from './output.js';
import {
  bringUpToDate,
  openFrom,
  withExamples,
  withExecutorOptions,
  withRecipeOptions,
  type RecipeFlags,
} from './recipe-options.js';

interface ExtractFlags {
  out: string;
  type: string;
  normalize: string;
  compression: string;
  bins?: string;
  rate?: string;
  otherRates?: RatePolicy;
  json?: boolean;
}

export function addFeatures(program: Command): void {
  const command = program
    .command('features')
    .description('compute the features of all utterances of a recipe into its cache; continues an interrupted one');
  withExamples(withRecipeOptions(withExecutorOptions(command)), 'acanet features --recipe demo').action(
    async (flags: RecipeFlags) => {
      const experiment = await openFrom({ flags });
      if (!(await bringUpToDate({ experiment, targets: ['features'], dryRun: flags.dryRun }))) return;
      const folder = join(experiment.folder, 'features');
      if (flags.json) printJson({ cache: folder });
      else print(folder);
    },
  );

  const extract = command
    .command('extract')
    .description('compute features of audio files into a Kaldi archive, one record a file, named like the file')
    .argument('<files...>', 'audio files of any readable format')
    .requiredOption('--out <X.ark>', 'the archive to write; X.scp is written beside it')
    .option('--type <type>', 'kaldi or speechbrain', 'kaldi')
    .option(
      '--normalize <how>',
      'none, mean or meanvar of each file, or windowed (the mean of 300 frames around each)',
      'none',
    )
    .option('--compression <bits>', 'none (float32), 16 or 8', 'none')
    .option('--bins <n>', 'mel filters')
    .option('--rate <Hz>', "sample rate of the features (default: the first file's)")
    .addOption(otherRatesOption('files of another sample rate (default: with --rate resample, else refuse)'))
    .option('--json', 'print results as JSON');
  withExamples(extract, 'acanet features extract a.wav b.flac --out feats.ark --normalize mean').action(
    async (files: string[], _own: unknown, self: Command) => {
      // `features` has --json too, and commander gives the flag to whichever command stands first.
      const flags = self.optsWithGlobals<ExtractFlags>();
      const foreign = (self.parent?.options ?? []).filter(
        (option) => option.long !== '--json' && self.parent?.getOptionValueSource(option.attributeName()) === 'cli',
      );
      if (foreign.length > 0) {
        self.error(`error: features extract takes no ${foreign[0].long}: it works on files, not on a recipe`);
      }
      const { extractFeatures } = await import('../tasks/extract-features.js');
      const talk = createTalk();
      const {
        type,
        normalize,
        compression,
        bins,
        rate,
        otherRates = rate === undefined ? undefined : 'resample',
        out,
      } = flags;
      const { refuseReplacing } = await import('../storage/overwriting.js');
      refuseReplacing([out], files);
      const given = {
        ...{ type, normalize, compression },
        ...(bins !== undefined && { bins: wholeNumber('--bins', bins) }),
        ...(rate !== undefined && { sampleRate: wholeNumber('--rate', rate) }),
        ...(otherRates !== undefined && { otherRates }),
      };
      const { scp, records, frames } = await extractFeatures({ ...talk, files, out, given }).finally(talk.stop);
      if (flags.json) printJson({ archive: out, scp, records, frames });
      else print(`${out}\n${scp}`);
    },
  );
}
