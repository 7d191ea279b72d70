/** @file `acanet metrics`: the figures of a score file. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SliceKind } from '../scoring/scores/slices.js';
import type { DefinitionName } from '../scoring/measures/toolkit-definitions.js';
import { wholeNumber } from './number-flag.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';

interface MetricsFlags {
  trials?: string;
  calibrated?: boolean;
  manifest?: string;
  speakers?: string;
  enrollMap?: string;
  resamples: string;
  seed: string;
  definition?: DefinitionName;
  allDefinitions?: boolean;
  by?: SliceKind[];
  labels?: string;
  worst?: string;
  threshold?: number[];
  json?: boolean;
}

// As in scoring/toolkit-definitions.ts and scoring/slices.ts, which are loaded only when the command runs.
const definitions: readonly DefinitionName[] = ['exact', 'kaldi', 'speechbrain', 'wespeaker', 'voxceleb_trainer'];
const slices: readonly SliceKind[] = ['gender', 'duration', 'session', 'speaker'];

export function addMetrics(program: Command): void {
  const command = program
    .command('metrics')
    .description('EER, minDCF and minCllr of scores, with 95 % intervals where speakers are known')
    .argument('<scores>', '`enroll test score` lines, with `target|nontarget` as a fourth field or with --trials')
    .option('--trials <file>', 'which pairs are targets')
    .option('--calibrated', 'the scores are natural log-likelihood ratios: also actDCF and Cllr')
    .option('--manifest <file>', 'manifest.jsonl of the utterances: intervals, slices, audio paths')
    .option('--speakers <file>', '`utterance speaker` lines: intervals')
    .option('--enroll-map <file>', 'enrolment ids are models of this map, `model utt1 utt2 …` lines')
    .option('--resamples <n>', 'resamples of the speakers; 0: no intervals', '1000')
    .option('--seed <n>', 'seed of the resamples', '0')
    .addOption(new Option('--definition <name>', 'EER and minDCF as another toolkit defines them').choices(definitions))
    .option('--all-definitions', 'EER and minDCF as each toolkit defines them, side by side')
    .option(
      '--by <slices>',
      `figures of parts of the trials: ${slices.join(', ')}, or a column of --labels, same:COLUMN for targets that ` +
        'have it in common (several with commas)',
      asSlices,
    )
    .option('--labels <file>', 'a CSV table with a column speaker or id, and others to slice by')
    .option('--worst <n>', 'show the n worst target and nontarget trials, and speakers with --by speaker')
    .option('--threshold <score>', 'errors at this threshold too; may be given again', asThreshold)
    .option('--json', 'print results as JSON; rates are fractions there');
  withExamples(
    command,
    'acanet metrics exp/demo/score/aca-net/scores.txt --trials exp/demo/prep/trials.txt --manifest exp/demo/prep/manifest.jsonl',
    'acanet metrics scores.txt --trials trials.txt --all-definitions',
    'acanet metrics scores.txt --trials trials.txt --manifest manifest.jsonl --by gender,speaker --worst 10',
  ).action(async (path: string, flags: MetricsFlags) => {
    const { definition, allDefinitions, by, threshold, json, resamples, seed, worst: count, ...options } = flags;
    if (flags.labels !== undefined && by === undefined) {
      const { UserError } = await import('../errors.js');
      throw new UserError('--labels is of parts of the trials: name a column of it with --by');
    }
    const worst = wholeNumber('--worst', count);
    const { reportOnScoreFile } = await import('../tasks/score-files/evaluate-score-file.js');
    const talk = createTalk({ blocking: true });
    const report = reportOnScoreFile(path, {
      ...options,
      onProgress: (done, total) => talk.progress('resample speakers', done, total),
      resamples: wholeNumber('--resamples', resamples, { from: 0 }),
      seed: wholeNumber('--seed', seed, { from: 0 }),
      worst,
      slices: by,
      thresholds: threshold,
      ...(allDefinitions ? { definitions } : definition && { definitions: [definition] }),
    });
    for (const warning of report.warnings ?? []) talk.log(`! ${warning}`);
    if (json) printJson(report);
    else {
      const { formatScoreReport } = await import('../report/score-report.js');
      print(formatScoreReport(report, { speakers: worst }));
    }
  });
}

function asSlices(text: string, earlier: SliceKind[] = []): SliceKind[] {
  const chosen = text.split(',').map((name) => name.trim());
  if (chosen.includes('')) throw new InvalidArgumentError(`expected names with commas between them, got "${text}"`);
  return [...new Set([...earlier, ...chosen])];
}

function asThreshold(text: string, earlier: number[] = []): number[] {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`expected a number, got "${text}"`);
  return [...earlier, value];
}
