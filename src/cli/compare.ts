/**
 * @file `acanet compare`: systems of a recipe, of other experiments and score files of any toolkit, on the same trials.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { GuestSystem } from '../recipe/comparison/guest-systems.js';
import type { Comparison } from '../report/comparison/comparison.js';
import { planOfList, planOfRecipe, type PlanFlags } from './compare-plan.js';
import { wholeNumber } from './number-flag.js';
import { createTalk, print, printJson, say } from './output.js';
import {
  bringAllUpToDate,
  openFolds,
  systemOf,
  systemsMatching,
  withExamples,
  withExecutorOptions,
  withJobsOption,
  withRecipeOptions,
  type RecipeFlags,
} from './recipe-options.js';
import { repeatable } from './repeatable.js';
import { mentionPage } from './report.js';
import { showCommand } from './shown-command.js';

interface CompareFlags extends RecipeFlags, Omit<PlanFlags, 'json'> {
  model?: string;
  all?: boolean;
  only?: string;
  seeds?: string;
  jobs?: string;
  scores: string[];
  calibrated?: boolean;
  with: string[];
  baseline?: string;
  trials?: string;
  manifest?: string;
  speakers?: string;
  enrollMap?: string;
  resamples?: string;
  out?: string;
  results?: string;
  section?: string;
  title?: string;
  plan?: boolean;
}

export function addCompare(program: Command): void {
  const command = program
    .command('compare')
    .description(
      'compare systems on the same trials: size, cost, EER, minDCF, Cllr with intervals, p-value and verdict',
    )
    .argument('[baseline]', "`baseline` for the recipe's baseline, or the name of a system")
    .option('--model <name>', "the system that is compared with it (default: the recipe's model)")
    .option('--all', 'compare all systems of the recipe')
    .option('--only <systems>', "compare these systems, and the baseline: names and patterns (a,b or 'aca-*')")
    .option('--seeds <n>', "train each system n times, with the recipe's seed and those after it (seeds)")
    .addOption(
      repeatable(
        '--with <folder>',
        'a system of another experiment: exp/OTHER/score/SYSTEM, with folds exp/OTHER/{fold}/score/SYSTEM',
      ),
    )
    .addOption(
      repeatable(
        '--scores <name=file>',
        'scores of the same trials from anywhere; NAME@SEED=FILE for several trainings; with folds, {fold} stands for the name of the fold',
      ),
    )
    .option('--calibrated', 'the scores of --scores are natural log-likelihood ratios: also actDCF and Cllr')
    .option('--trials <file>', 'compare only --scores and --with, on this trial list, without a recipe')
    .option('--baseline <name>', 'the baseline among them')
    .option('--manifest <file>', 'with --trials: manifest.jsonl of the utterances, for intervals')
    .option('--speakers <file>', 'with --trials: `utterance speaker` lines, for intervals')
    .option('--enroll-map <file>', 'with --trials: enrolment ids are models of this map')
    .option('--resamples <n>', 'with --trials: resamples of the speakers (default: 1000)')
    .option('--out <dir>', 'with --trials: write compare.json, .csv, .txt and .md there')
    .option('--plan', 'only print what the trials could show of two systems; trains nothing')
    .option('--change <fraction>', "with --plan: a change of the EER, such as -0.05 (default: the recipe's claim)")
    .option('--eer <fraction>', 'with --plan: the EER that the baseline may have (default: 0.05)')
    .option(
      '--spread <what>',
      "with --plan: the folder of a finished comparison, or how the EERs' difference scatters over speakers (0.04)",
    )
    .option('--results <file>', 'write the comparison into this Markdown file, as a section of its own')
    .option(
      '--section <name>',
      "name of that section: one of the same name is replaced (default: the recipe's name; with --trials the title, else the systems)",
    )
    .option('--title <text>', 'heading of that section (default: its name)');
  withExamples(
    withRecipeOptions(withExecutorOptions(withJobsOption(command))),
    'acanet compare baseline --recipe demo',
    'acanet compare --all --seeds 3 --recipe demo --results RESULTS.md',
    'acanet compare baseline --recipe demo --plan --change -0.1',
    'acanet compare --recipe demo --scores theirs=scores.txt --with exp/other/score/aca-net',
    'acanet compare --scores ours=a.txt --scores theirs=b.txt --baseline theirs --trials trials.txt --manifest manifest.jsonl',
  ).action(async (reference: string | undefined, flags: CompareFlags, self: Command) => {
    refuseMixtures(reference, flags, self);
    if (flags.results !== undefined) {
      // Before anything is trained.
      await refuseInputs(flags, [flags.results]);
      const { readResults } = await import('../recipe/comparison/write-results.js');
      readResults(flags.results);
    }
    if (flags.trials === undefined) await compareRecipe(reference ?? flags.baseline, flags, self);
    else await compareFiles(flags.trials, flags, self);
  });
}

/** @throws UserError where an output would take the place of a list or of scores that are compared, or of a stage's */
async function refuseInputs(
  { trials, scores, manifest, speakers, enrollMap, out }: CompareFlags,
  outputs: (string | undefined)[],
): Promise<void> {
  const { refuseReplacing, refuseStageFolder } = await import('../storage/overwriting.js');
  const files = scores.map((given) => given.slice(given.indexOf('=') + 1));
  refuseReplacing(outputs, [trials, manifest, speakers, enrollMap, ...files]);
  if (out !== undefined) refuseStageFolder(out);
}

/** Options that need a recipe; so does --set. */
const OF_RECIPE = [
  ...(['model', 'all', 'only', 'seeds', 'recipe', 'fold', 'fresh'] as const),
  ...(['jobs', 'executor', 'dryRun', 'threads', 'engine', 'device'] as const),
];

/** Options that would do nothing. */
function refuseMixtures(reference: string | undefined, flags: CompareFlags, self: Command): void {
  const given = (...names: (keyof CompareFlags)[]) => names.filter((name) => flags[name] !== undefined);
  const dashed = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (flags.trials === undefined) {
    const [stray] = given('manifest', 'speakers', 'enrollMap', 'resamples', 'out');
    if (stray) self.error(`error: ${dashed(stray)} goes with --trials: a recipe has its own`);
  } else {
    const [stray] = [...given(...OF_RECIPE), ...(flags.set.length > 0 ? ['set'] : [])];
    if (stray) self.error(`error: ${dashed(stray)} is of a recipe, --trials compares without one`);
  }
  if (reference !== undefined && flags.baseline !== undefined) {
    self.error(`error: two baselines are named, ${reference} and ${flags.baseline}`);
  }
  if (flags.plan) {
    const [stray] = given('all', 'only', 'results', 'jobs', 'resamples', 'out', 'dryRun');
    if (stray)
      self.error(`error: ${dashed(stray)} does not go with --plan, which looks at two systems and makes nothing`);
    if (flags.with.length + flags.scores.length > 0) {
      self.error(
        'error: --scores and --with do not go with --plan: their spread is that of a finished comparison, --spread',
      );
    }
  } else {
    const [stray] = given('change', 'eer', 'spread');
    if (stray) self.error(`error: ${dashed(stray)} goes with --plan`);
  }
  const choices = given('model', 'all', 'only').map(dashed);
  if (choices.length > 1) self.error(`error: ${choices.join(' and ')} each say what is compared: give one of them`);
  for (const name of ['section', 'title'] as const) {
    const value = flags[name];
    if (value === undefined) continue;
    if (flags.results === undefined) self.error(`error: --${name} goes with --results FILE`);
    if (value.trim() === '' || /[\r\n]/.test(value)) self.error(`error: --${name}: expected one line`);
  }
  if (flags.section?.includes('-->')) self.error('error: --section: expected a name without -->');
  if (flags.calibrated && flags.scores.length === 0) self.error('error: --calibrated goes with --scores');
  if (flags.manifest !== undefined && flags.speakers !== undefined) {
    self.error('error: --manifest and --speakers both say who speaks: name one of them');
  }
}

async function compareRecipe(reference: string | undefined, flags: CompareFlags, self: Command): Promise<void> {
  const seeds = wholeNumber('--seeds', flags.seeds);
  const folds = await openFolds({ flags, sets: seeds === undefined ? [] : [`seeds=${seeds}`] });
  const [experiment] = folds;
  const { recipe } = experiment;
  if (experiment.chosen === 'default' && flags.scores.length + flags.with.length > 0) {
    self.error(
      'error: on which trials? --trials FILE names the list that the scores are of, --recipe NAME compares with the systems of a recipe on its own',
    );
  }
  const own = Object.keys(recipe.systems);
  const { FOLD } = await import('../recipe/comparison/guest-systems.js');
  const ofOneFold = [...flags.scores, ...flags.with].find((path) => folds.length > 1 && !path.includes(FOLD));
  if (ofOneFold !== undefined) {
    self.error(
      `error: ${ofOneFold}: each fold has its own trials: write ${FOLD} where the name of the fold stands in the path, or name one fold with --fold`,
    );
  }
  const guestLists = await Promise.all(folds.map(({ fold }) => findGuests(flags, own, fold)));
  const [guests] = guestLists;
  for (const { name } of guests) {
    if (own.includes(name)) say(`  ${name} is the one of --scores or --with, in place of the recipe's own`);
  }
  const isGuest = (name: string) => guests.some((guest) => guest.name === name);
  const named =
    reference === undefined || (reference === 'baseline' && !own.includes('baseline')) ? recipe.baseline : reference;
  const baseline = isGuest(named) ? named : await systemOf(experiment, named);
  const model = await systemOf(experiment, flags.model);
  if (flags.plan && model !== baseline) return await planOfRecipe(folds, { model, baseline }, flags);
  const chosen = flags.only === undefined ? [] : await systemsMatching(experiment, flags.only);
  const asked = flags.all
    ? own
    : flags.only === undefined
      ? [...new Set([model, baseline])]
      : own.filter((name) => name === baseline || chosen.includes(name));
  const names = asked.filter((name) => !isGuest(name));
  if (names.length + guests.length < 2 && (own.length > 1 || flags.plan)) {
    const { UserError } = await import('../errors.js');
    throw new UserError(
      `${baseline} cannot be compared with itself\n  name another system with --model, or compare --all`,
    );
  }
  const guestsOfFolds = folds.length > 1 && Object.fromEntries(folds.map(({ fold }, i) => [fold, guestLists[i]]));
  const compared = { names, baseline, guests, ...(guestsOfFolds && { guestsOfFolds }) };
  const [{ comparingStages }, { compareFolder }] = await Promise.all([
    import('../recipe/comparison/chosen-systems.js'),
    import('../recipe/run-folds.js'),
  ]);
  const stages = comparingStages(compared);
  // A report shows trainings and attention, which scores from elsewhere do not have.
  const reports = names.length > 0;
  const targets = [stages.compare, ...(reports ? [stages.report] : [])];
  const jobs = wholeNumber('--jobs', flags.jobs);
  if (!(await bringAllUpToDate(folds, { targets, compared, jobs, dryRun: flags.dryRun }))) return;
  const folder = compareFolder(folds, compared);
  if (flags.results !== undefined) {
    const { comparisonRecord } = await import('../recipe/artifacts/compare.js');
    const comparison = comparisonRecord.read(folder);
    const { remembered } = experiment;
    await addToResults(comparison, {
      flags,
      name: flags.section ?? recipe.name,
      command: showCommand(self, { args: process.argv.slice(2), remembered, recipe: recipe.name }),
    });
  }
  await showComparison(folder, flags.json);
  if (reports) for (const fold of folds) mentionPage(join(fold.folder, stages.report));
}

async function compareFiles(trials: string, flags: CompareFlags, self: Command): Promise<void> {
  const { manifest, speakers, enrollMap, baseline, out } = flags;
  const resamples = wholeNumber('--resamples', flags.resamples);
  const [{ compareScoreFiles }, { formatComparison }, { checkWritable }] = await Promise.all([
    import('../recipe/comparison/compare-score-files.js'),
    import('../report/comparison/comparison-table.js'),
    import('../storage/make-folder.js'),
  ]);
  const { comparisonPaths } = await import('../report/comparison/comparison-files.js');
  await refuseInputs(flags, out === undefined ? [] : comparisonPaths(out));
  if (out !== undefined) checkWritable(out);
  if (flags.plan) return await planOfList({ ...flags, trials });
  const systems = await findGuests(flags, []);
  const options = { systems, trials, manifest, speakers, enrollMap, baseline, resamples, out };
  const talk = createTalk({ blocking: true });
  const onProgress = (done: number, total: number) => talk.progress('resample speakers', done, total);
  const comparison = await compareScoreFiles({ ...options, onProgress });
  if (flags.results !== undefined) {
    const command = showCommand(self, { args: process.argv.slice(2) });
    await addToResults(comparison, {
      flags,
      name: flags.section ?? flags.title ?? systems.map(({ name }) => name).join(', '),
      command,
    });
  }
  if (flags.json) printJson(comparison);
  else print(formatComparison(comparison));
}

async function findGuests(
  { scores, with: others, calibrated }: CompareFlags,
  own: readonly string[],
  fold?: string,
): Promise<GuestSystem[]> {
  if (scores.length + others.length === 0) return [];
  const { experimentSystem, scoreFileSystems } = await import('../recipe/comparison/guest-systems.js');
  const guests = scoreFileSystems(scores, { calibrated, fold });
  for (const folder of others) guests.push(experimentSystem(folder, [...own, ...guests.map(({ name }) => name)], fold));
  return guests;
}

async function addToResults(
  comparison: Comparison,
  { flags: { results, title }, name, command }: { flags: CompareFlags; name: string; command: string },
): Promise<void> {
  const { writeResults } = await import('../recipe/comparison/write-results.js');
  writeResults({ comparison, path: results!, title, name, command });
  say(`written: ${results}, section "${name}"\n`);
}

/** Prints what stage `compare` wrote. */
export async function showComparison(folder: string, json = false): Promise<void> {
  const { compareFiles } = await import('../recipe/artifacts/compare.js');
  const { comparison, text } = compareFiles(folder);
  print(readFileSync(json ? comparison : text, 'utf8'));
}
