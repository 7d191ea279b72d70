/**
 * @file Whether 95 % intervals hold the truth in 95 of 100 cases: many simulated systems whose measures are known
 * (`test/scoring/intervals/simulated-systems.ts`), all pairs of the utterances of a few speakers scored by each.
 *
 * Three tables: intervals of one system's measures, from speakers (as acanet makes them) and, for the EER, from
 * resampling trials as if they were independent; intervals and p-values of the difference of two systems that are
 * alike or not; and the same with trainings that differ in their seed, where the truth is the mean over all seeds.
 *
 *     node bench/coverage.mjs [--simulations 500] [--resamples 100] [--out bench/results/coverage]
 */
import { join } from 'node:path';
import { Command } from 'commander';
import { keyedRandom } from '../dist/src/random.js';
import { compareRuns } from '../dist/src/scoring/intervals/paired-difference.js';
import { measureNamed } from '../dist/src/scoring/measures/measure-table.js';
import { formatTable } from '../dist/src/report/text/table.js';
import { writeFileAtomic, writeJsonAtomic } from '../dist/src/storage/atomic-write.js';
import { describeProvenance, provenance } from './record.mjs';
import {
  levelOfEer,
  simulatedTrials,
  simulateRuns,
  trueMeasures,
} from '../dist/test/scoring/intervals/simulated-systems.js';

const { simulations, resamples, out } = new Command('node bench/coverage.mjs')
  .description('Count how often intervals hold the truth.')
  .option('--simulations <n>', 'of each case', Number, 500)
  .option('--resamples <n>', 'of the speakers, and of the trials', Number, 100)
  .option('--out <dir>', 'write coverage.md and coverage.json there')
  .parse()
  .opts();

const MEASURES = ['eer', 'minDcf', 'minDcf005', 'minCllr', 'actDcf005', 'cllr'];
/** Speakers, and the true EER of the baseline and of the system that is compared with it. */
const CASES = [
  { speakers: 40, eers: [0.04, 0.04] },
  { speakers: 40, eers: [0.15, 0.12] },
  { speakers: 18, eers: [0.04, 0.04] },
  { speakers: 18, eers: [0.15, 0.12] },
];
/** With seeds that move the EER by about a third of itself. */
const SEED_CASES = [
  { speakers: 18, eers: [0.04, 0.04], seeds: 1, seedSpread: 0.15 },
  { speakers: 18, eers: [0.04, 0.04], seeds: 3, seedSpread: 0.15 },
  { speakers: 40, eers: [0.06, 0.04], seeds: 3, seedSpread: 0.15 },
];

const started = performance.now();
const singles = [];
const pairs = [];
const seeded = [];
for (const { speakers, eers } of CASES) {
  const { figures, differences, trials } = simulate({
    speakers,
    eers,
    seeds: 1,
    seedSpread: 0,
    measures: MEASURES,
    calibrated: true,
  });
  for (const measure of MEASURES) {
    singles.push({ speakers, trials, eer: eers[0], measure, resampled: 'speakers', ...figures[measure] });
    if (measure === 'eer') {
      const counted = trialIntervals({ speakers, eer: eers[0] });
      singles.push({ speakers, trials, eer: eers[0], measure, resampled: 'trials', ...counted });
    }
    pairs.push({ speakers, eers, measure, ...differences[measure] });
  }
  talk(`${speakers} speakers, EER ${eers.map(percent).join(' and ')}`);
}
for (const { speakers, eers, seeds, seedSpread } of SEED_CASES) {
  const { figures, differences } = simulate({ speakers, eers, seeds, seedSpread, measures: ['eer'], resamples: 1 }); // which the EER's interval does not use
  seeded.push({ speakers, eers, seeds, figure: figures.eer, difference: differences.eer });
  talk(`${speakers} speakers, ${seeds} seeds`);
}

/**
 * `options` are those of `compareRuns`. Counts for each measure of the first system, and for its differences from the
 * second.
 */
function simulate({ speakers, eers, seeds, seedSpread, measures, ...options }) {
  const trials = simulatedTrials(speakers);
  const levels = eers.map(levelOfEer);
  const truths = levels.map((level) => trueMeasures(level, seedSpread));
  const counters = () => Object.fromEntries(measures.map((measure) => [measure, createCounter()]));
  const figures = counters();
  const differences = counters();
  for (let simulation = 0; simulation < simulations; simulation++) {
    const [base, other] = simulateRuns(trials, levels, { key: simulation, seeds, seedSpread });
    const result = compareRuns({
      speakers: trials,
      systems: [
        { name: 'base', runs: base },
        { name: 'other', runs: other },
      ],
      baseline: 'base',
      measures,
      resamples,
      seed: simulation,
      ...options,
    });
    for (const measure of measures) {
      figures[measure].count(result.systems[0].figures[measure].interval, truths[0][measure]);
      const found = result.differences.other[measure];
      differences[measure].count(found.interval, truths[1][measure] - truths[0][measure], {
        ratioHeld: holds(found.relativeInterval, truths[1][measure] / truths[0][measure] - 1),
        significant: found.pValue < 0.05,
      });
    }
  }
  const summaries = (all) => Object.fromEntries(measures.map((measure) => [measure, all[measure].summary()]));
  return { figures: summaries(figures), differences: summaries(differences), trials: trials.sides.length };
}

/** The same for percentiles of resamples of the trials of each class, on the same scores. */
function trialIntervals({ speakers, eer }) {
  const trials = simulatedTrials(speakers);
  const labels = trials.enroll.map((speaker, i) => Number(speaker === trials.test[i]));
  const counter = createCounter();
  for (let simulation = 0; simulation < simulations; simulation++) {
    const level = levelOfEer(eer);
    const [[scores]] = simulateRuns(trials, [level, level], { key: simulation });
    const eers = trialBootstrap(scores, labels, simulation).sort();
    const tail = Math.floor(0.025 * resamples);
    counter.count([eers[tail], eers[resamples - 1 - tail]], eer);
  }
  return counter.summary();
}

/** EERs of resamples of the trials: how often each is drawn, counted in order of falling score. */
function trialBootstrap(scores, labels, simulation) {
  const random = keyedRandom('coverage-trials', simulation);
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const ranksOf = [0, 1].map((label) => Uint32Array.from(order.keys()).filter((rank) => labels[order[rank]] === label));
  return Float64Array.from({ length: resamples }, () => {
    const times = new Uint32Array(order.length);
    for (const ranks of ranksOf) ranks.forEach(() => times[ranks[random.below(ranks.length)]]++);
    let miss = 1;
    let falseAlarm = 0;
    for (let rank = 0; falseAlarm < miss; rank++) {
      if (labels[order[rank]]) miss -= times[rank] / ranksOf[1].length;
      else falseAlarm += times[rank] / ranksOf[0].length;
    }
    return falseAlarm;
  });
}

function createCounter() {
  const found = { held: 0, below: 0, above: 0, ratioHeld: 0, significant: 0 };
  const widths = [];
  return {
    count: (interval, truth, { ratioHeld = false, significant = false } = {}) => {
      found[truth < interval[0] ? 'below' : truth > interval[1] ? 'above' : 'held']++;
      found.ratioHeld += Number(ratioHeld);
      found.significant += Number(significant);
      widths.push(interval[1] - interval[0]);
    },
    summary: () => ({
      ...Object.fromEntries(Object.entries(found).map(([name, count]) => [name, count / simulations])),
      medianWidth: widths.sort((a, b) => a - b)[Math.floor(simulations / 2)],
    }),
  };
}

function holds([low, high], value) {
  return low <= value && value <= high;
}

function percent(share) {
  return `${Number((100 * share).toFixed(1))} %`;
}

function talk(what) {
  process.stderr.write(`${what}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}

function table(titles, rows) {
  const columns = titles.map((title, i) => ({ title, align: i > 2 ? 'right' : 'left' }));
  return formatTable(columns, rows, { style: 'markdown' });
}

const origin = provenance();
const noise = (1.96 * Math.sqrt((0.95 * 0.05) / simulations)).toFixed(3);
const markdown = `# How often 95 % intervals hold the truth

${describeProvenance(origin)}

${simulations} simulations of each case, all pairs of 5 utterances a speaker, ${resamples} resamples. Counting ${simulations} cases leaves the
shares uncertain by ± ${percent(noise)}.

## One system

${table(
  ['measure', 'resampled', 'case', 'holds the truth', 'truth below', 'truth above', 'median width'],
  singles.map(({ measure, resampled, speakers, eer, held, below, above, medianWidth }) => [
    measureNamed(measure).title,
    resampled,
    `${speakers} speakers, EER ${percent(eer)}`,
    ...[held, below, above].map(percent),
    medianWidth.toFixed(4),
  ]),
)}
## The difference of two systems on the same trials

Where both are alike, p < 0.05 should come 5 times in 100; where they are not, as often as possible.

${table(
  ['measure', 'case', '', 'holds the difference', 'holds the ratio', 'p < 0.05'],
  pairs.map(({ measure, speakers, eers, held, ratioHeld, significant }) => [
    measureNamed(measure).title,
    `${speakers} speakers`,
    eers[0] === eers[1] ? `both ${percent(eers[0])}` : eers.map(percent).join(' against '),
    ...[held, ratioHeld, significant].map(percent),
  ]),
)}
## Trainings that differ in their seed

The truth is the mean EER over all seeds; the seeds' EERs are spread by about a third of it. One seed cannot know.

${table(
  ['seeds', 'case', '', 'holds the EER', 'holds the difference', 'holds the ratio', 'p < 0.05'],
  seeded.map(({ seeds, speakers, eers, figure, difference }) => [
    `${seeds}`,
    `${speakers} speakers`,
    eers[0] === eers[1] ? `both ${percent(eers[0])}` : eers.map(percent).join(' against '),
    ...[figure.held, difference.held, difference.ratioHeld, difference.significant].map(percent),
  ]),
)}`;
process.stdout.write(markdown);
if (out) {
  writeFileAtomic(join(out, 'coverage.md'), markdown);
  writeJsonAtomic(join(out, 'coverage.json'), { ...origin, simulations, singles, pairs, seeded });
}
