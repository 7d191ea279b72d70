/** @file A measure that only the table knows is evaluated, resampled, compared, written and shown everywhere. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparisonCsv } from '../../../src/report/comparison/comparison-files.js';
import { formatComparison } from '../../../src/report/comparison/comparison-table.js';
import { compareSystems } from '../../../src/report/comparison/comparison.js';
import { comparedOf } from '../../../src/report/comparison/report-view.js';
import { systemStyles } from '../../../src/report/figures/palette.js';
import { summarySection } from '../../../src/report/html/summary.js';
import { formatScoreReport } from '../../../src/report/score-report.js';
import { describeScores, evaluateLabelled } from '../../../src/scoring/measures/evaluation.js';
import type { Measure } from '../../../src/scoring/measures/measure.js';
import { type MeasureName, measures } from '../../../src/scoring/measures/measure-table.js';
import { reportOnScoreFile } from '../../../src/tasks/score-files/evaluate-score-file.js';
import { sampleTrials } from '../../report/html/sample-report.js';

/** The greatest difference between the shares of accepted targets and nontargets (Youden's index). */
const youden: Measure<'youden', false> = {
  name: 'youden',
  title: 'Youden',
  longTitle: "Youden's index",
  needsLlrs: false,
  format: 'percent',
  bounds: { greatest: 1, rate: true },
  shown: ['line', 'slices', 'comparison', 'tested', 'many systems', 'page'],
  evaluate: ({ curve: { misses, falseAlarms, targets, nontargets } }) =>
    misses.reduce((most, miss, i) => Math.max(most, 1 - miss / targets - falseAlarms[i] / nontargets), 0),
  threshold: ({ thresholds }) => thresholds[1],
  weigh:
    () =>
    ({ misses, falseAlarms, targetWeight, nontargetWeight }) =>
      misses.reduce((most, miss, i) => Math.max(most, 1 - miss / targetWeight - falseAlarms[i] / nontargetWeight), 0),
};

describe('a measure that is added to the table', () => {
  const name = youden.name as unknown as MeasureName;
  const table = measures as Measure[];
  before(() => table.push(youden));
  after(() => table.splice(table.indexOf(youden), 1));

  const trials = sampleTrials({ names: ['aca-net', 'ecapa-tdnn', 'x-vector', 'resnet'], runs: 2 });
  const { labels } = trials.table;
  const compare = (systems: number) =>
    compareSystems({
      systems: trials.systems.slice(0, systems).map(({ name, runs }) => ({
        name,
        runs: runs.map((scores, seed) => ({ name: `${name}@${seed}`, seed, scores })),
      })),
      baseline: 'ecapa-tdnn',
      labels,
      speakers: trials.speakers,
      resamples: 20,
    });

  it('is evaluated, and in the line about the scores', () => {
    const evaluation = evaluateLabelled(trials.systems[0].runs[0], labels);
    const value = evaluation[name]!;
    assert.ok(value > 0.5 && value < 1, `${value}`);
    assert.ok(describeScores(evaluation).endsWith(`, Youden ${(100 * value).toFixed(2)} %`));
  });

  it('has intervals and differences in a comparison, and columns in its CSV', () => {
    const comparison = compare(2);
    const [system] = comparison.systems;
    const { value, interval } = system.figures![name]!;
    assert.ok(Math.abs(value - system[name]!) < 1e-12, 'on weights of 1 as on the curve');
    assert.ok(interval[0] < value && value < interval[1]);
    const header = comparisonCsv(comparison).split('\n')[0].split(',');
    const columns = header.filter((column) => /youden/i.test(column));
    assert.deepEqual(columns, [
      ...['youden', 'youdenLow', 'youdenHigh'],
      ...['relativeYouden', 'relativeYoudenLow', 'relativeYoudenHigh', 'relativeYoudenPValue'],
    ]);
    assert.equal(typeof comparison.relative['aca-net'][name], 'number');
    assert.equal(typeof comparison.differences['aca-net'][name]!.pValue, 'number');
  });

  it('stands in the tables of few and of many systems, of seeds, and on the page', () => {
    const comparison = compare(2);
    const text = formatComparison(comparison);
    assert.match(text, /\nYouden's index +\d\d\.\d\d % .*\n +95 % interval .* to .*\n +p-value /);
    assert.match(text, /\n +Youden +\d\d\.\d\d % +\d\d\.\d\d % +\d\d\.\d\d % +\d\.\d\d\n/);
    assert.match(formatComparison(compare(4)), /\nsystem .* minCllr +Youden\n/);
    const { markup } = summarySection(comparedOf(comparison), systemStyles(['aca-net', 'ecapa-tdnn']));
    assert.match(markup, />Youden<\/th>/);
  });

  it('is in what `acanet metrics` says: with an interval, as an operating point, of slices', () => {
    const dir = mkdtempSync(join(tmpdir(), 'acanet-measure-'));
    try {
      const { ids, enroll, test } = trials.table;
      const write = (file: string, lines: readonly string[]) => {
        writeFileSync(join(dir, file), `${lines.join('\n')}\n`);
        return join(dir, file);
      };
      const scored = Array.from(trials.systems[0].runs[0], (score, i) =>
        [ids[enroll[i]], ids[test[i]], score, labels[i] ? 'target' : 'nontarget'].join(' '),
      );
      const scores = write('scores.txt', scored);
      const utterances = trials.sides.map(({ speaker, duration }, i) =>
        JSON.stringify({
          ...{ id: ids[i], speaker, path: `/${ids[i]}.wav`, duration, sampleRate: 16000, channels: 1, corpus: 'x' },
          split: 'test',
          gender: speaker < 'spk4' ? 'f' : 'm',
        }),
      );
      const manifest = write('manifest.jsonl', utterances);
      const report = reportOnScoreFile(scores, { manifest, resamples: 20, slices: ['gender'] });
      assert.ok(report.intervals![name]![0] < report[name]!);
      assert.ok(report.operatingPoints.some(({ at }) => at === 'Youden'));
      assert.equal(typeof report.slices![0].measures![name], 'number');
      const text = formatScoreReport(report);
      assert.match(text, /\nYouden +\d\d\.\d\d % +\d\d\.\d\d % to /);
      assert.match(text, /\nslice .* minDCF\(0\.01\) +Youden +P_miss/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
