/** @file What a decision is made for: the share of pairs of one speaker, and what each kind of error costs. */
import type { Command } from 'commander';
import type { DetectionCostOptions } from '../scoring/measures/detection-cost.js';
import { numberBetween } from './number-flag.js';

export interface CostFlags {
  costMiss: string;
  costFa: string;
  prior: string;
}

/** Adds --prior, --cost-miss, --cost-fa. @param about of what the prior is a share */
export const withCostOptions = (command: Command, { prior, about }: { prior: string; about: string }): Command =>
  command
    .option('--prior <p>', about, prior)
    .option('--cost-miss <cost>', 'what it costs to reject a target', '1')
    .option('--cost-fa <cost>', 'what it costs to accept a nontarget', '1');

/** @throws UserError naming the flag that is out of range */
export const costsOf = ({ costMiss, costFa, prior }: CostFlags): Required<DetectionCostOptions> => ({
  cMiss: numberBetween('--cost-miss', costMiss, { above: 0 }),
  cFalseAlarm: numberBetween('--cost-fa', costFa, { above: 0 }),
  pTarget: numberBetween('--prior', prior, { above: 0, below: 1 }),
});
