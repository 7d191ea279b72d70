/** @file `acanet calibrate`: scores → log-likelihood ratios, learned from development scores or before. */
import { type Command, Option } from 'commander';
import { UserError } from '../errors.js';
import { counted } from '../problem-list.js';
import type { Calibration } from '../scoring/calibration/calibration.js';
import { numberBetween } from './number-flag.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';
import { repeatable } from './repeatable.js';

/** Of either kind: with fewer, a calibration is more chance than knowledge. */
const FEW_TRIALS = 30;

interface CalibrateFlags {
  out: string;
  apply?: string;
  devTrials?: string;
  trials?: string;
  method: 'logistic' | 'pav';
  prior: string;
  manifest?: string;
  embeddings?: string;
  quality: string[];
  json?: boolean;
}

export function addCalibrate(program: Command): void {
  const command = program
    .command('calibrate')
    .description('scores of one system, or of several (fusion), → natural log-likelihood ratios')
    .argument(
      '<files...>',
      'DEV_SCORES SCORES of each system: what is learned from, then what is calibrated; with --apply only SCORES',
    )
    .requiredOption('--out <file>', 'calibrated scores; what was learned goes beside it (.json)')
    .option('--apply <json>', 'learn nothing: apply what an earlier call wrote beside its scores')
    .option('--dev-trials <file>', 'labels of the development scores, where the file has none')
    .option('--trials <file>', 'labels of the other scores, to show figures; nothing is learned from them')
    .addOption(
      new Option('--method <name>', 'logistic regression or pav (any rising curve, one system)')
        .choices(['logistic', 'pav'])
        .default('logistic'),
    )
    .option('--prior <p>', 'logistic: share of targets for which the ratios should be best', '0.01')
    .option('--manifest <file>', 'manifest.jsonl: the duration of both sides as quality measure')
    .option('--embeddings <ark>', "embeddings: the norm of both sides' as quality measure")
    .addOption(repeatable('--quality <file>', '`utterance value` lines: a quality measure'))
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet calibrate dev-scores.txt scores.txt --dev-trials dev-trials.txt --trials trials.txt --out llrs.txt',
    'acanet calibrate other-scores.txt --apply llrs.txt.json --out other-llrs.txt',
    'acanet calibrate aca-dev.txt aca.txt ecapa-dev.txt ecapa.txt --dev-trials dev-trials.txt --out fused.txt',
  ).action(async (files: string[], { json, prior, apply, ...flags }: CalibrateFlags) => {
    const { refuseReplacing } = await import('../storage/overwriting.js');
    refuseReplacing([flags.out], files);
    const given = (name: string) => command.getOptionValueSource(name) !== 'default';
    if (apply !== undefined) {
      await applySaved(files, apply, { json, ...flags }, given('method') || given('prior'));
      return;
    }
    if (flags.method === 'pav' && given('prior')) throw new UserError('--prior is of --method logistic: pav has none');
    if (files.length % 2 !== 0) {
      throw new UserError(
        `expected two score files for each system (development scores, then those to calibrate), got ${files.length} files`,
      );
    }
    const { calibrateScoreFiles } = await import('../tasks/score-files/calibrate-score-files.js');
    const report = calibrateScoreFiles({
      ...flags,
      dev: files.filter((_, i) => i % 2 === 0),
      scores: files.filter((_, i) => i % 2 === 1),
      prior: numberBetween('--prior', prior, { above: 0, below: 1 }),
    });
    if (report.calibration?.separable) {
      createTalk().log(
        'warning: the development trials are separated without error, equal scores aside, so the scale of the ratios is arbitrary',
      );
    }
    const { targets = FEW_TRIALS, nontargets = FEW_TRIALS } = report.calibration ?? {};
    if (Math.min(targets, nontargets) < FEW_TRIALS) {
      createTalk().log(
        `warning: the calibration is learned from ${counted(targets, 'target trial')} and ${counted(nontargets, 'nontarget trial')}; others could give quite another`,
      );
    }
    if (report.reversed) {
      createTalk().log(
        'warning: in the development trials, targets have the lower scores, so the order of the scores is turned round; right for distances only',
      );
    }
    if (json) {
      printJson({ ...report, out: flags.out });
      return;
    }
    const { describeScores } = await import('../scoring/measures/evaluation.js');
    const { calibration, features, development, evaluation } = report;
    const formula = calibration ? [formulaOf(calibration, features)] : [];
    print(
      [
        flags.out,
        ...formula,
        `development (learned from): ${describeScores(development)}`,
        ...(evaluation ? [`calibrated: ${describeScores(evaluation)}, minCllr ${evaluation.minCllr.toFixed(3)}`] : []),
      ].join('\n'),
    );
  });
}

/** `llr = -8.1 + 21.3 · score - 2.1 · lower duration` */
function formulaOf({ offset, weights }: Pick<Calibration, 'offset' | 'weights'>, features: readonly string[]): string {
  const terms = weights.map(
    (weight, i) => `${weight < 0 ? '-' : '+'} ${Math.abs(weight).toPrecision(4)} · ${features[i]}`,
  );
  return ['llr =', offset.toPrecision(4), ...terms].join(' ');
}

async function applySaved(
  scores: string[],
  calibration: string,
  { json, devTrials, method: _, ...flags }: Omit<CalibrateFlags, 'apply' | 'prior'>,
  learningGiven: boolean,
): Promise<void> {
  if (devTrials !== undefined || learningGiven) {
    throw new UserError('--apply learns nothing: leave --dev-trials, --method and --prior out');
  }
  const { applyCalibrationFile } = await import('../tasks/score-files/apply-calibration.js');
  const { evaluation, ...report } = applyCalibrationFile({ ...flags, scores, calibration });
  if (json) {
    printJson({ ...report, ...(evaluation && { evaluation }), out: flags.out });
    return;
  }
  const { describeScores } = await import('../scoring/measures/evaluation.js');
  const figures = evaluation
    ? `calibrated: ${describeScores(evaluation)}, minCllr ${evaluation.minCllr.toFixed(3)}`
    : `${report.trials} trials`;
  print([flags.out, figures].join('\n'));
}
