/** @file `acanet metrics`: the figures of a score file. */
import type { Command } from 'commander';
import { print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';

interface MetricsFlags {
  trials?: string;
  calibrated?: boolean;
  json?: boolean;
}

export function addMetrics(program: Command): void {
  const command = program
    .command('metrics')
    .description('EER and minDCF of scores; rates are fractions in JSON, per cent in the table')
    .argument('<scores>', '`enroll test score` lines, with `target|nontarget` as a fourth field or with --trials')
    .option('--trials <file>', 'which pairs are targets')
    .option('--calibrated', 'the scores are natural log-likelihood ratios: also actDCF and Cllr')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet metrics exp/demo/score/aca-net/scores.txt --trials exp/demo/prep/trials.txt --json',
  ).action(async (path: string, flags: MetricsFlags) => {
    const { evaluateScoreFile } = await import('../recipe/evaluate-score-file.js');
    const evaluation = evaluateScoreFile(path, { trials: flags.trials, calibrated: flags.calibrated });
    if (flags.json) printJson(evaluation);
    else {
      const { describeScores } = await import('../scoring/evaluation.js');
      print(describeScores(evaluation));
    }
  });
}
