/** @file `acanet threshold`: which score to accept from, for given costs. */
import type { Command } from 'commander';
import { costsOf, withCostOptions, type CostFlags } from './cost-options.js';
import { print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';

interface ThresholdFlags extends CostFlags {
  trials?: string;
  calibrated?: boolean;
  json?: boolean;
}

export function addThreshold(program: Command): void {
  const command = program
    .command('threshold')
    .description('which score to accept from, for given costs, and what errors that makes')
    .argument('<scores>', '`enroll test score` lines of development trials, or calibrated scores')
    .option('--trials <file>', 'which pairs are targets, where the file does not say it')
    .option('--calibrated', 'the scores are natural log-likelihood ratios: the threshold is that of theory');
  withCostOptions(command, { prior: '0.01', about: 'share of targets among the trials to come' }).option(
    '--json',
    'print results as JSON',
  );
  withExamples(
    command,
    'acanet threshold dev-scores.txt --trials dev-trials.txt --cost-fa 10 --prior 0.5',
    'acanet threshold llrs.txt --calibrated --prior 0.001',
  ).action(async (path: string, flags: ThresholdFlags) => {
    const { decideOnScoreFile } = await import('../tasks/score-files/evaluate-score-file.js');
    const decision = decideOnScoreFile(path, {
      trials: flags.trials,
      calibrated: flags.calibrated,
      ...costsOf(flags),
    });
    if (flags.json) printJson(decision);
    else {
      const { describeDecision } = await import('../scoring/measures/decision-threshold.js');
      print(describeDecision(decision));
    }
  });
}
