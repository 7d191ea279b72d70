import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareSystems } from '../../src/report/comparison.js';
import { comparisonCsv, formatComparison, writeComparison } from '../../src/report/comparison-files.js';

describe('comparison-files', () => {
  const figures = {
    trials: 100,
    targets: 20,
    nontargets: 80,
    threshold: 0.3,
    minDcf005: 0.2,
    minDcf0001: 0.5,
    minCllr: 0.3,
  };
  const comparison = compareSystems({
    systems: [
      {
        ...figures,
        name: 'aca-net',
        model: 'aca-net',
        positional: 'time',
        parameters: 4_553_601,
        macs: 1.1e9,
        bytes: 18_214_404,
        eer: 0.095,
        minDcf: 0.5,
        extractionRate: 212.5,
      },
      {
        ...figures,
        name: 'ecapa-tdnn',
        model: 'ecapa-tdnn',
        parameters: 20_767_552,
        macs: 3.3e9,
        bytes: 83_070_208,
        eer: 0.1,
        minDcf: 0.4,
        extractionRate: 100,
      },
    ],
    baseline: 'ecapa-tdnn',
    bootstrap: {
      speakers: 12,
      resamples: 3,
      seed: 0,
      systems: [
        { observed: {}, measures: { eer: Float64Array.of(0.09, 0.08, 0.1) }, points: [] },
        { observed: {}, measures: { eer: Float64Array.of(0.1, 0.1, 0.11) }, points: [] },
      ],
    },
    notes: ['Models were selected on development trials.'],
  });

  it('prints a table with rates in percent and changes beside them', () => {
    assert.equal(
      formatComparison(comparison),
      `
                                      aca-net      vs baseline  ecapa-tdnn (baseline)
----------------------------  ---------------  ---------------  ---------------------
model                                 aca-net                              ecapa-tdnn
positional encoding                      time                                       -
parameters                             4.55 M          -78.1 %                 20.8 M
MACs (3 s)                             1.10 G          -66.7 %                 3.30 G
size                                  18.2 MB          -78.1 %                83.1 MB
EER                                    9.50 %           -5.0 %                10.00 %
  95 % interval               8.00 to 10.00 %  -20.0 to -9.1 %       10.00 to 11.00 %
minDCF (p = 0.01)                       0.500          +25.0 %                  0.400
minDCF (p = 0.05)                       0.200            0.0 %                  0.200
minDCF (p = 0.001)                      0.500            0.0 %                  0.500
extraction (s of speech / s)              213         +112.5 %                    100

100 trials (20 target, 80 nontarget); intervals from 3 resamples of the 12 speakers (seed 0)
aca-net: EER -5.0 % relative to ecapa-tdnn, p = 0.500: no difference shown at the 95 % level
Models were selected on development trials.
`.slice(1),
    );
  });

  it('prints Markdown with the same figures', () => {
    const markdown = formatComparison(comparison, { style: 'markdown' });
    assert.match(markdown, /^\| +\| +aca-net \| +vs baseline \| ecapa-tdnn \(baseline\) \|\n\| -+ \| -+: \|/);
    assert.match(markdown, /\n- 100 trials/);
  });

  it('states a difference only where the resamples show one', () => {
    const verdictOf = (eer: number, eerPValue: number) => {
      const relative = { 'aca-net': { ...comparison.relative['aca-net'], eer, eerPValue } };
      return /p [<=] [0-9.]+: .*/.exec(formatComparison({ ...comparison, relative }))?.[0];
    };
    assert.equal(verdictOf(-0.05, 0.0004), 'p < 0.001: fewer errors at the 95 % level');
    assert.equal(verdictOf(0.05, 0.049), 'p = 0.049: more errors at the 95 % level');
    assert.equal(verdictOf(-0.05, 0.06), 'p = 0.060: no difference shown at the 95 % level');
  });

  it('leaves out rows that say nothing: positional encoding without choices, intervals without resamples', () => {
    const plain = compareSystems({ systems: [comparison.systems[1]], baseline: 'ecapa-tdnn' });
    const text = formatComparison({
      ...plain,
      systems: plain.systems.map((system) => ({ ...system, eerInterval: undefined })),
    });
    assert.doesNotMatch(text, /positional|interval|resamples/);
  });

  it('writes JSON with fractions and whole numbers, and a CSV row a system', () => {
    const dir = mkdtempSync(join(tmpdir(), 'acanet-compare-'));
    try {
      const paths = writeComparison(join(dir, 'new'), comparison);
      assert.deepEqual(
        paths.map((path) => path.split('/').at(-1)),
        ['compare.json', 'compare.csv', 'compare.txt', 'compare.md'],
      );
      const { systems, relative } = JSON.parse(readFileSync(paths[0], 'utf8')) as typeof comparison;
      const { name, parameters, macs, bytes, eer, minDcf, eerInterval } = systems[0];
      assert.deepEqual(
        { name, parameters, macs, bytes, eer, minDcf, eerInterval },
        {
          name: 'aca-net',
          parameters: 4_553_601,
          macs: 1.1e9,
          bytes: 18_214_404,
          eer: 0.095,
          minDcf: 0.5,
          eerInterval: [0.08, 0.1],
        },
      );
      assert.ok(Math.abs(relative['aca-net'].eer - -0.05) < 1e-12);
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
    assert.equal(header.slice(0, 8).join(), 'name,model,baseline,positional,parameters,macs,bytes,eer');
    assert.deepEqual([first.length, second.length], [header.length, header.length]);
    assert.deepEqual(second.slice(0, 4), ['ecapa-tdnn', 'ecapa-tdnn', 'yes', '']);
    assert.equal(second[header.indexOf('relativeEer')], '');
  });
});
