/** @file `acanet threshold`: which score to accept from, for given costs. */
import type { Command } from 'commander';
import { numberBetween } from './number-flag.js';
import { print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';

interface ThresholdFlags {
  trials?: string;
  calibrated?: boolean;
  costMiss: string;
  costFa: string;
  prior: string;
  json?: boolean;
}

export function addThreshold(program: Command): void {
  const command = program
    .command('threshold')
    .description('which score to accept from, for given costs, and what errors that makes')
    .argument('<scores>', '`enroll test score` lines of development trials, or calibrated scores')
    .option('--trials <file>', 'which pairs are targets, where the file does not say it')
    .option('--calibrated', 'the scores are natural log-likelihood ratios: the threshold is that of theory')
    .option('--cost-miss <cost>', 'what it costs to reject a target', '1')
    .option('--cost-fa <cost>', 'what it costs to accept a nontarget', '1')
    .option('--prior <p>', 'share of targets among the trials to come', '0.01')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet threshold dev-scores.txt --trials dev-trials.txt --cost-fa 10 --prior 0.5',
    'acanet threshold llrs.txt --calibrated --prior 0.001',
  ).action(async (path: string, flags: ThresholdFlags) => {
    const { decideOnScoreFile } = await import('../tasks/score-files/evaluate-score-file.js');
    const decision = decideOnScoreFile(path, {
      trials: flags.trials,
      calibrated: flags.calibrated,
      cMiss: numberBetween('--cost-miss', flags.costMiss, { above: 0 }),
      cFalseAlarm: numberBetween('--cost-fa', flags.costFa, { above: 0 }),
      pTarget: numberBetween('--prior', flags.prior, { above: 0, below: 1 }),
    });
    if (flags.json) printJson(decision);
    else {
      const { describeDecision } = await import('../scoring/measures/decision-threshold.js');
      print(describeDecision(decision));
    }
  });
}
