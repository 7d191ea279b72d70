/**
 * @file The scores of several trainings on one list of trials as one small table, and back.
 *
 * The table has no ids: its rows are the trials of the list, sorted by their two ids as text. Scores are in thousandths.
 * The first line has the list's fingerprint, which is checked before anything is unpacked.
 *
 *     node bench/score-columns.mjs pack exp/NAME/FOLD aca-net 'aca-net@2' --out scores-FOLD.csv.gz
 *     node bench/score-columns.mjs unpack scores-FOLD.csv.gz --trials exp/NAME/FOLD/prep/trials.txt --out scores/FOLD
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Command } from 'commander';
import { trialFingerprint } from '../dist/src/corpus/trials/trial-fingerprint.js';
import { readTrials } from '../dist/src/corpus/trials/trials.js';
import { joinScores, readScores, writeScores } from '../dist/src/scoring/scores/scores-file.js';
import { tableOfTrials } from '../dist/src/scoring/scores/trial-table.js';
import { writeFileAtomic } from '../dist/src/storage/atomic-write.js';

const THOUSAND = 1000;

const program = new Command('node bench/score-columns.mjs').description(
  'Scores of several trainings on one list of trials as one small table, and back.',
);
program
  .command('pack')
  .argument('<folder>', 'EXPERIMENT or EXPERIMENT/FOLD: its prep/trials.txt and score/TRAINING/scores.txt')
  .argument('<trainings...>', 'such as aca-net and aca-net@2')
  .requiredOption('--out <file>', 'NAME.csv.gz')
  .action(pack);
program
  .command('unpack')
  .argument('<file>', 'NAME.csv.gz')
  .requiredOption('--trials <file>', 'the list that they are of')
  .requiredOption('--out <dir>', 'a file TRAINING.txt for each')
  .action(unpack);

/** Trials in the table's order, and their fingerprint. */
function sortedTrials(path) {
  const keyed = readTrials(path).map((trial) => ({ trial, key: `${trial.enroll} ${trial.test}` }));
  const trials = keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ trial }) => trial);
  return { trials, fingerprint: trialFingerprint(trials) };
}

function pack(folder, trainings, { out }) {
  const { trials, fingerprint } = sortedTrials(join(folder, 'prep/trials.txt'));
  const table = tableOfTrials(trials);
  const columns = trainings.map((training) => {
    const path = join(folder, 'score', training, 'scores.txt');
    return joinScores(readScores(path), table, path);
  });
  const rows = trials.map((_, i) => columns.map((column) => Math.round(THOUSAND * column[i])).join(','));
  const text = [`# trials ${fingerprint}`, trainings.join(','), ...rows, ''].join('\n');
  writeFileAtomic(out, gzipSync(text, { level: 9 }));
  console.log(`${out}: ${trainings.length} trainings, ${trials.length} trials`);
}

function unpack(file, { trials: list, out }) {
  const { trials, fingerprint } = sortedTrials(list);
  const [first, header, ...rows] = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  if (first !== `# trials ${fingerprint}`) {
    program.error(`${file} is of other trials than ${list}: "${first}", expected "# trials ${fingerprint}"`);
  }
  const trainings = header.split(',');
  const values = rows.map((row) => row.split(',').map((value) => (value === '' ? NaN : Number(value))));
  if (
    values.length !== trials.length ||
    values.some((row) => row.length !== trainings.length || row.some(Number.isNaN))
  ) {
    program.error(`${file} is damaged: expected ${trials.length} rows of ${trainings.length} numbers`);
  }
  mkdirSync(out, { recursive: true });
  trainings.forEach((training, t) => {
    writeScores(join(out, `${training}.txt`), trials, values.map((row) => row[t] / THOUSAND)); // prettier-ignore
  });
  console.log(`${out}: ${trainings.join(', ')}`);
}

program.parse();
