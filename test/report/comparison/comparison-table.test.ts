import assert from 'node:assert/strict';
import type { ComparedSystem, Comparison } from '../../../src/report/comparison/comparison.js';
import { formatComparison } from '../../../src/report/comparison/comparison-table.js';
import { comparedOf } from '../../../src/report/comparison/report-view.js';
import { resultsSection } from '../../../src/report/comparison/results-section.js';
import { systemStyles } from '../../../src/report/figures/palette.js';
import { summarySection } from '../../../src/report/html/summary.js';
import { displayWidth } from '../../../src/report/text/table.js';
import type {
  Interval,
  MeasuredDifference,
  MeasuredFigure,
} from '../../../src/scoring/intervals/confidence-interval.js';
import { systemWith } from './compared-system.js';

describe('comparison-table', () => {
  const figure = (value: number, interval: Interval): MeasuredFigure => ({
    value,
    interval,
    seSpeakers: 0.01,
    seedValues: [value],
  });
  const difference = (relativeInterval: Interval, pValue: number): MeasuredDifference => ({
    difference: -0.005,
    interval: [-0.02, 0.009],
    relative: -0.05,
    relativeInterval,
    pValue,
    seSpeakers: 0.004,
    freedom: 11,
  });
  const aca = systemWith('aca-net', {
    model: 'aca-net',
    positional: 'time',
    parameters: 4_553_601,
    macs: 1.1e9,
    bytes: 18_214_404,
    eer: 0.095,
    minDcf: 0.5,
    figures: { eer: figure(0.095, [0.08, 0.1]) },
    eerInterval: [0.08, 0.1],
    realTimeFactor: 0.00123,
    extraction: {
      machine: 'a machine',
      engine: 'onnx on cpu',
      threads: 2,
      idleBytes: 1e8,
      lengths: [{ seconds: 3, realTimeFactor: 0.00123, peakBytes: 2.5e8 }],
    },
  });
  const ecapa = systemWith('ecapa-tdnn', {
    model: 'ecapa-tdnn',
    parameters: 20_767_552,
    macs: 3.3e9,
    bytes: 83_070_208,
    figures: { eer: figure(0.1, [0.1, 0.11]) },
    eerInterval: [0.1, 0.11],
  });
  const comparison: Comparison = {
    baseline: 'ecapa-tdnn',
    trials: 100,
    targets: 20,
    nontargets: 80,
    macsDuration: 3,
    confidence: 0.95,
    bootstrap: { unit: 'speaker', speakers: 12, groups: 12, resamples: 3, seed: 0 },
    systems: [aca, ecapa],
    relative: { 'aca-net': { eer: -0.05, minDcf: 0.25, parameters: -0.78, macs: -0.667, bytes: -0.78 } },
    differences: { 'aca-net': { eer: difference([-0.2, 0.09], 0.5) } },
    verdicts: [
      {
        system: 'aca-net',
        outcome: 'cannot tell',
        headline: 'Cannot tell whether aca-net differs from ecapa-tdnn: EER 9.50 % against 10.00 % (p = 0.50)',
        sentence: 'On these trials aca-net makes 5 % fewer errors, but other speakers could give anything.',
        limits: ['One training each; other seeds may differ.'],
        figures: [],
      },
    ],
    notes: ['Models were selected on development trials.'],
  };

  it('puts two systems beside each other, with changes, intervals and p-value', () => {
    assert.equal(
      formatComparison(comparison),
      `
Cannot tell whether aca-net differs from ecapa-tdnn: EER 9.50 % against 10.00 % (p = 0.50)
  On these trials aca-net makes 5 % fewer errors, but other speakers could give
  anything. One training each; other seeds may differ.

system      parameters      EER     95 % interval  change     p  result
----------  ----------  -------  ----------------  ------  ----  -----------
aca-net         4.55 M   9.50 %   8.00 to 10.00 %  -5.0 %  0.50  cannot tell
ecapa-tdnn      20.8 M  10.00 %  10.00 to 11.00 %                baseline

                                aca-net           change  ecapa-tdnn (baseline)
----------------------  ---------------  ---------------  ---------------------
model                           aca-net                              ecapa-tdnn
positional encoding                time                                       -
parameters                       4.55 M          -78.0 %                 20.8 M
MACs (3 s)                       1.10 G          -66.7 %                 3.30 G
size                            18.2 MB          -78.0 %                83.1 MB
EER                              9.50 %           -5.0 %                10.00 %
  95 % interval         8.00 to 10.00 %  -20.0 to +9.0 %       10.00 to 11.00 %
  p-value                                           0.50
minDCF (p = 0.01)                 0.500          +25.0 %                  0.400
minDCF (p = 0.05)                 0.200            0.0 %                  0.200
minDCF (p = 0.001)                0.500            0.0 %                  0.500
minCllr                           0.300            0.0 %                  0.300
real-time factor (3 s)           0.0012                                       -
memory to embed (3 s)            250 MB                                       -

Notes
- Models were selected on development trials.

Details
- There are 100 trials: 20 target trials (one speaker) and 80 nontarget trials
  (two speakers).
- 95 % interval: where the figure would likely be with other speakers like
  these. It comes from leaving out each of the 12 speakers in turn and from 3
  resamples of them (seed 0).
- In simulations 95 % intervals contained the true EER in about 94 of 100
  cases, in about 92 where a few speakers are very hard.
- p: how often chance alone would show a difference as large if both systems
  were equally good. Below 0.05 a system is called better or worse.
- Change: relative to ecapa-tdnn; -50 % is half of it.
- MACs: multiply-accumulate operations for 3 s of speech.
- Real-time factor (RTF): seconds that the network takes for a second of
  speech, of which it gets 3 s at a time. Memory is that of the whole process.
  Measured with onnx on cpu, 2 threads (a machine).
`.slice(1),
    );
  });

  it('prints Markdown with the same figures, its sentences as a list', () => {
    const markdown = formatComparison(comparison, { style: 'markdown' });
    assert.match(markdown, /\n\| +\| +aca-net \| +change \| ecapa-tdnn \(baseline\) \|\n\| -+ \| -+: \|/);
    assert.match(
      markdown,
      /^\*\*Cannot tell whether .*\.\*\* On these trials .* One training each; other seeds may differ\.\n\n\| system /,
    );
    assert.match(markdown, /<details><summary>Details<\/summary>\n\n- There are 100 trials: [^]*\n\n<\/details>\n$/);
  });

  it('gives each system a row where columns would be too wide', () => {
    const more = ['aca-small', 'aca-large', 'ecapa-small'].map((name) => ({ ...aca, name }));
    const many = {
      ...comparison,
      systems: [aca, ...more, ecapa],
      relative: Object.fromEntries([aca, ...more].map(({ name }) => [name, comparison.relative['aca-net']])),
    };
    const [, main, further] = formatComparison(many)
      .split('\n\n')
      .map((part) => part.trimEnd().split('\n'));
    assert.match(main[0], /^system +parameters +EER +95 % interval +change +p +result$/);
    assert.match(further[0], /^system +MACs \(3 s\) +RTF +change: 95 % interval +minDCF\(0\.01\) +minCllr$/);
    for (const table of [main, further]) {
      assert.equal(table.length - 2, 5);
      assert.match(table[6], /^ecapa-tdnn /);
      for (const line of table) assert.ok(displayWidth(line) <= 100, line);
    }
    const onPage = (count: number) =>
      formatComparison({ ...many, systems: [...many.systems.slice(0, count - 1), ecapa] }, { style: 'markdown' });
    assert.match(onPage(3), /\n\| +\| +aca-net \| +change \| +aca-small \| +change \|/);
    assert.match(onPage(4), /\n\| system +\| +MACs \(3 s\) \|/);
  });

  it('shows how long a training took where systems can be compared by it', () => {
    const trained = (system: ComparedSystem, training: object): ComparedSystem => ({
      ...system,
      runs: system.runs.map((run) => ({ ...run, training: { seconds: 600, finished: '2026-01-01', ...training } })),
    });
    const textOf = (...systems: ComparedSystem[]) => formatComparison({ ...comparison, systems });
    assert.match(
      textOf(trained(aca, {}), trained(ecapa, { seconds: 1200 })),
      /training time \(a seed\) +10\.0 min +-50\.0 % +20\.0 min\n/,
    );
    assert.doesNotMatch(textOf(trained(aca, { beside: 2 }), trained(ecapa, {})), /training time/);
    assert.doesNotMatch(textOf(trained(aca, {}), trained(ecapa, { resumed: true })), /training time/);
  });

  it('shows each seed with mean and deviation where there are several', () => {
    const runs = [0.09, 0.095, 0.1].map((eer, i) => ({ ...aca.runs[0], eer, seed: i + 1 }));
    const text = formatComparison({ ...comparison, systems: [{ ...aca, runs }, ecapa] });
    assert.match(text, /by seed +seed 1 +seed 2 +seed 3 +mean +deviation\n/);
    assert.match(text, /aca-net +EER +9\.00 % +9\.50 % +10\.00 % +9\.50 % +0\.50\n/);
    assert.match(text, /ecapa-tdnn +EER +10\.00 % +10\.00 % +-\n/);
    assert.match(text, /resamples of them\s+\(seed 0\),\s+and from the differences between\s+seeds\.$/m);
  });

  it('gives a change from an error-free baseline, or one that may be, in points', () => {
    const zero: ComparedSystem = { ...ecapa, eer: 0 };
    const compared = {
      ...comparison,
      systems: [{ ...aca, cllr: Infinity }, zero],
      relative: { 'aca-net': { eer: Infinity } },
      differences: { 'aca-net': { eer: difference([-1, Infinity], 0.5) } },
    };
    // As it is read again from its file, where no number is infinite.
    const read = JSON.parse(JSON.stringify(compared)) as Comparison;
    const { markup } = summarySection(comparedOf(read), systemStyles(['aca-net', 'ecapa-tdnn']));
    assert.match(markup, /-0\.50 <a [^]*<small>-2\.00 to \+0\.90 points/);
    assert.match(
      resultsSection(read, { title: 't', command: 'c', machine: 'm', versions: { acanet: '1' } }),
      /infinite/,
    );
    const text = formatComparison({ ...compared, systems: [aca, zero] });
    assert.match(text, /EER +9\.50 % +\+9\.50 points +0\.00 %/);
    assert.match(text, /-2\.00 to \+0\.90 points/);
    assert.doesNotMatch(text, /inf|NaN/i);
  });

  it('leaves out rows that say nothing, and says why there are no intervals', () => {
    const bare = systemWith('theirs', {});
    const { bootstrap: _, ...rest } = comparison;
    const text = formatComparison({
      ...rest,
      baseline: 'theirs',
      systems: [bare],
      relative: {},
      differences: {},
      noIntervals: 'nobody knows who spoke',
    });
    assert.doesNotMatch(text, /positional|parameters|95 %|model|real-time/);
    assert.match(text, /There are no intervals: nobody knows who spoke\./);
  });

  it('puts the mark of a partial corpus above everything', () => {
    const partial = 'partial WSJ0-1talker: 10 of 20 trials';
    assert.ok(formatComparison({ ...comparison, partial }).startsWith(`! ${partial}\n\n`));
    assert.ok(formatComparison({ ...comparison, partial }, { style: 'markdown' }).startsWith(`**${partial}**\n\n`));
  });
});
