import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Comparison } from '../../../src/report/comparison/comparison.js';
import { comparisonCsv, writeComparison } from '../../../src/report/comparison/comparison-files.js';
import { systemWith } from './compared-system.js';

describe('comparison-files', () => {
  const comparison: Comparison = {
    baseline: 'ecapa-tdnn',
    trials: 100,
    targets: 20,
    nontargets: 80,
    macsDuration: 3,
    confidence: 0.95,
    noIntervals: 'nobody knows who spoke',
    systems: [
      systemWith('aca-net', { model: 'aca-net', positional: 'time', parameters: 4_553_601, eer: 0.095 }),
      systemWith('ecapa-tdnn', { model: 'ecapa-tdnn', parameters: 20_767_552 }),
    ],
    relative: { 'aca-net': { eer: -0.05, minDcf: Infinity, parameters: -0.78 } },
    differences: {},
    verdicts: [
      {
        ...{ system: 'aca-net', outcome: 'cannot tell' },
        ...{ headline: 'Cannot tell', sentence: 'Not known.', limits: [], figures: [] },
      },
    ],
    notes: [],
  };

  it('writes JSON with fractions and whole numbers, and a CSV row a system', () => {
    const dir = mkdtempSync(join(tmpdir(), 'acanet-compare-'));
    try {
      const paths = writeComparison(join(dir, 'new'), comparison);
      assert.deepEqual(
        paths.map((path) => path.split('/').at(-1)),
        ['compare.json', 'compare.csv', 'compare.txt', 'compare.md'],
      );
      const { systems, relative } = JSON.parse(readFileSync(paths[0], 'utf8')) as Comparison;
      assert.deepEqual([systems[0].eer, systems[0].parameters, systems[0].runs.length], [0.095, 4_553_601, 1]);
      assert.equal(relative['aca-net'].eer, -0.05);
      assert.equal(readFileSync(paths[1], 'utf8'), comparisonCsv(comparison));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('gives every CSV row all columns, empty where a figure does not apply', () => {
    const [header, first, second] = comparisonCsv(comparison)
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    assert.equal(
      header.join(),
      [
        'name,model,baseline,positional,backend,seeds,parameters,macs,bytes',
        'eer,eerLow,eerHigh,minDcf,minDcfLow,minDcfHigh,minDcf005,minDcf005Low,minDcf005High',
        'minDcf0001,minDcf0001Low,minDcf0001High,minCllr,minCllrLow,minCllrHigh',
        'actDcf,actDcfLow,actDcfHigh,actDcf005,actDcf005Low,actDcf005High,actDcf0001,actDcf0001Low,actDcf0001High',
        'cllr,cllrLow,cllrHigh,realTimeFactor,extractionRate,extractionBytes,trainingSeconds,trainingBytes',
        'relativeParameters,relativeMacs,relativeEer,relativeEerLow,relativeEerHigh,relativeEerPValue',
        'relativeMinDcf,relativeMinDcfLow,relativeMinDcfHigh,relativeMinDcfPValue',
        'relativeMinCllr,relativeMinCllrLow,relativeMinCllrHigh,relativeMinCllrPValue,outcome',
      ].join(),
    );
    assert.deepEqual([first.length, second.length], [header.length, header.length]);
    assert.deepEqual(second.slice(0, 4), ['ecapa-tdnn', 'ecapa-tdnn', 'yes', '']);
    assert.deepEqual(
      [first, second].map((row) => row[header.indexOf('relativeEer')]),
      ['-0.05', ''],
    );
    assert.equal(first[header.indexOf('relativeMinDcf')], '', 'a change from 0 has no size');
    assert.equal(first[header.indexOf('outcome')], 'cannot tell');
  });

  it('has the time of trainings that had the machine to themselves and were not interrupted, as the table has', () => {
    const system = systemWith('a', {});
    const timeOf = (...trainings: { seconds: number; beside?: number; resumed?: boolean }[]) => {
      const runs = trainings.map((training) => ({
        ...system.runs[0],
        training: { finished: '2026-01-01T00:00:00Z', ...training },
      }));
      const lines = comparisonCsv({ ...comparison, systems: [{ ...system, runs }] }).split('\n');
      const [header, row] = lines.map((line) => line.split(','));
      return row[header.indexOf('trainingSeconds')];
    };
    assert.equal(timeOf({ seconds: 100 }, { seconds: 200 }), '150');
    assert.equal(timeOf({ seconds: 100, beside: 2 }, { seconds: 200 }), '200');
    assert.equal(timeOf({ seconds: 100, beside: 2 }, { seconds: 200, resumed: true }), '');
  });
});
