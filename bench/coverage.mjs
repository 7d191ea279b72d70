/**
 * @file Whether 95 % intervals hold the true value in 95 of 100 cases: many simulated systems whose EER is known.
 *
 * A simulated trial's score is a sum of effects: for a target trial of speaker i, 1 + own_i + noise; for a nontarget
 * trial of speakers i ≠ j, -1 + alike_i + alike_j + noise; and, for every utterance, one effect of its own on the trials
 * it is in. All effects are normal, so the true EER is that of two normal distributions. For each simulation all
 * pairs of the utterances of a few speakers are scored, and two intervals are made: one from resampling speakers (as
 * acanet does) and one from resampling trials as if they were independent.
 *
 *     node bench/coverage.mjs [--simulations 500] [--speakers 40] [--utterances 5] [--resamples 500]
 */
import { Command } from 'commander';
import { bootstrapMeasures, percentileInterval } from '../dist/src/scoring/bootstrap.js';
import { keyedRandom } from '../dist/src/random.js';
import { formatTable } from '../dist/src/report/table.js';

const SPREAD = { speaker: 0.5, utterance: 0.3, trial: 0.6 };

const { simulations, speakers, utterances, resamples, seed } = new Command()
  .option('--simulations <n>', '', Number, 500)
  .option('--speakers <n>', '', Number, 40)
  .option('--utterances <n>', 'of each speaker', Number, 5)
  .option('--resamples <n>', '', Number, 500)
  .option('--seed <n>', '', Number, 1)
  .parse()
  .opts();

/** All pairs of utterances, with the numbers of their speakers. */
const pairs = { names: Array.from({ length: speakers }, (_, i) => `s${i}`), enroll: [], test: [] };
const sides = [];
for (let a = 0; a < speakers * utterances; a++) {
  for (let b = a + 1; b < speakers * utterances; b++) {
    sides.push([a, b]);
    pairs.enroll.push(Math.floor(a / utterances));
    pairs.test.push(Math.floor(b / utterances));
  }
}
pairs.enroll = Uint32Array.from(pairs.enroll);
pairs.test = Uint32Array.from(pairs.test);
const labels = pairs.enroll.map((speaker, i) => Number(speaker === pairs.test[i]));

/** Of target and nontarget trials' scores. */
const sigmas = [1, 2].map((count) =>
  Math.sqrt(count * SPREAD.speaker ** 2 + 2 * SPREAD.utterance ** 2 + SPREAD.trial ** 2),
);

/** The EER is where the two normal tails are equal: P(z > 2 / (σ_t + σ_n)). */
const trueEer = () => normalTail(2 / (sigmas[0] + sigmas[1]));

/** The least of the true costs at p over a fine grid of thresholds. */
function trueMinDcf(p) {
  let least = 1;
  for (let threshold = -1; threshold < 5; threshold += 0.02) {
    const [miss, falseAlarm] = [normalTail((1 - threshold) / sigmas[0]), normalTail((threshold + 1) / sigmas[1])];
    least = Math.min(least, (p * miss + (1 - p) * falseAlarm) / p);
  }
  return least;
}

/** P(Z > z) by Simpson's rule. */
function normalTail(z) {
  const steps = 10_000;
  const width = 12 / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const x = z + i * width;
    sum += (i === 0 || i === steps ? 1 : i % 2 ? 4 : 2) * Math.exp((-x * x) / 2);
  }
  return ((width / 3) * sum) / Math.sqrt(2 * Math.PI);
}

function simulate(simulation) {
  const random = keyedRandom('coverage', seed, simulation);
  const draws = (count, spread) => Float64Array.from({ length: count }, () => spread * random.normal());
  const own = draws(speakers, SPREAD.speaker);
  const alike = draws(speakers, SPREAD.speaker);
  const effect = draws(speakers * utterances, SPREAD.utterance);
  return Float64Array.from(sides, ([a, b], i) => {
    const [first, second] = [pairs.enroll[i], pairs.test[i]];
    const level = labels[i] ? 1 + own[first] : -1 + alike[first] + alike[second];
    return level + effect[a] + effect[b] + SPREAD.trial * random.normal();
  });
}

/** EERs of resamples of the trials of each class: how often each is drawn, counted in order of falling score. */
function trialBootstrap(scores, simulation) {
  const random = keyedRandom('coverage-trials', seed, simulation);
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

const truths = { EER: trueEer(), 'minDCF(0.05)': trueMinDcf(0.05) };
/** Rows of the table: a measure and a method, with how often its intervals held the truth. */
const found = [
  ['EER', 'speakers'],
  ['EER', 'trials'],
  ['minDCF(0.05)', 'speakers'],
].map(([measure, method]) => ({ measure, method, held: 0, below: 0, above: 0, width: 0 }));
const started = performance.now();
for (let simulation = 0; simulation < simulations; simulation++) {
  const scores = simulate(simulation);
  const { eer, minDcf005 } = bootstrapMeasures(pairs, [scores], { resamples, seed: simulation }).systems[0].measures;
  const resampled = [eer, trialBootstrap(scores, simulation), minDcf005];
  found.forEach((row, i) => {
    const [low, high] = percentileInterval(resampled[i]);
    const truth = truths[row.measure];
    row.width += high - low;
    if (truth < low) row.below++;
    else if (truth > high) row.above++;
    else row.held++;
  });
}
process.stdout.write(
  `${simulations} simulated systems with a true EER of ${truths.EER.toFixed(4)} and a true minDCF(0.05) of ` +
    `${truths['minDCF(0.05)'].toFixed(3)}, each on ${labels.length} trials of ${speakers} speakers; ` +
    `95 % intervals from ${resamples} resamples\n\n` +
    formatTable(
      ['measure', 'resampled', 'holds the truth', 'truth is below', 'truth is above', 'mean width'].map((title, i) => ({
        title,
        align: i > 1 ? 'right' : 'left',
      })),
      found.map(({ measure, method, held, below, above, width }) => [
        measure,
        method,
        ...[held, below, above].map((count) => `${((100 * count) / simulations).toFixed(1)} %`),
        (width / simulations).toFixed(4),
      ]),
    ),
);
process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s\n`);
