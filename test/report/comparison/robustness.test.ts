/** @file Robustness as figures, tables, CSV and picture, held against what each score file says by itself. */
import assert from 'node:assert/strict';
import { formatComparison } from '../../../src/report/comparison/comparison-table.js';
import { addRobustness, compareSystems } from '../../../src/report/comparison/comparison.js';
import { systemStyles } from '../../../src/report/figures/palette.js';
import { robustnessFigure } from '../../../src/report/figures/robustness.js';
import type { RobustnessInput } from '../../../src/report/comparison/robustness.js';
import { robustnessCsv, robustnessTable } from '../../../src/report/comparison/robustness-table.js';
import { computeEer } from '../../../src/scoring/measures/eer.js';
import { computeMinDcf } from '../../../src/scoring/measures/min-dcf.js';
import { displayWidth } from '../../../src/report/text/table.js';
import { sampleTrials } from '../html/sample-report.js';

const NAMES = ['aca-net', 'ecapa-tdnn'];

/** Every condition is a set of scores of its own; the first is that of the comparison. */
function sample(names: readonly string[], resamples = 50) {
  const trials = sampleTrials({ names, runs: 2 });
  const { labels } = trials.table;
  const worse = (factor: number) =>
    trials.systems.map(({ name, runs }) => ({
      name,
      runs: runs.map((scores) => scores.map((score, i) => (labels[i] ? factor : 1) * score)),
    }));
  const input: RobustnessInput = {
    sides: 'test',
    utterances: 40,
    noise: '3 recordings (60 s)',
    conditions: [
      { name: 'full', kind: 'full', systems: trials.systems },
      { name: '2 s', kind: 'duration', value: 2, whole: 7, systems: worse(0.8) },
      { name: '1 s', kind: 'duration', value: 1, whole: 0, systems: worse(0.5) },
      { name: '5 dB', kind: 'snr', value: 5, systems: worse(0.6) },
    ],
  };
  const { speakers } = trials;
  const systems = trials.systems.map(({ name, runs }) => ({
    name,
    runs: runs.map((scores, i) => ({ name: `${name}@${i + 1}`, scores })),
  }));
  const compared = compareSystems({ systems, baseline: names.at(-1)!, labels, speakers, resamples, seed: 3 });
  return { input, labels, compared, comparison: addRobustness(compared, input, { labels, speakers, seed: 3 }) };
}

describe('report/robustness', () => {
  const { input, labels, compared, comparison } = sample(NAMES);
  const { conditions } = comparison.robustness!;

  it('has the mean EER and minDCF over the trainings under each condition', () => {
    assert.deepEqual(
      conditions.map(({ name }) => name),
      ['full', '2 s', '1 s', '5 dB'],
    );
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const [c, { systems }] of conditions.entries()) {
      const [aca, ecapa] = systems;
      for (const [s, system] of systems.entries()) {
        const { runs } = input.conditions[c].systems[s];
        assert.equal(system.eer, mean(runs.map((scores) => computeEer(scores, labels).eer)));
        assert.equal(system.minDcf, mean(runs.map((scores) => computeMinDcf(scores, labels).minDcf)));
        assert.ok(system.eerInterval![0] <= system.eer && system.eer <= system.eerInterval![1]);
      }
      assert.equal(aca.relativeEer, (aca.eer - ecapa.eer) / ecapa.eer);
      assert.deepEqual([ecapa.relativeEer, ecapa.difference], [undefined, undefined]);
    }
  });

  it('says of speech as it is what the comparison says: the same speakers are drawn', () => {
    const [{ systems }] = conditions;
    assert.deepEqual(systems[0].difference, compared.differences['aca-net'].eer);
    assert.deepEqual(
      systems.map(({ eerInterval }) => eerInterval),
      compared.systems.map(({ eerInterval }) => eerInterval),
    );
  });

  it('leaves intervals and differences out where the comparison has none', () => {
    const unknown = { ...compared, bootstrap: undefined, baseline: 'a guest' };
    const { speakers } = sampleTrials();
    const [{ systems }] = addRobustness(unknown, input, { labels, speakers, seed: 3 }).robustness!.conditions;
    for (const { eerInterval, relativeEer, difference } of systems) {
      assert.deepEqual([eerInterval, relativeEer, difference], [undefined, undefined, undefined]);
    }
    assert.doesNotMatch(formatComparison(compared), /robustness/);
  });

  it('is a table with a row a condition, and a sentence, in the comparison', () => {
    const text = formatComparison(comparison);
    assert.match(text, /\nrobustness: EER +aca-net +change +95 % interval +p +ecapa-tdnn \(baseline\)\n/);
    for (const { name, systems } of conditions) {
      const [aca, ecapa] = systems.map(({ eer }) => `${(100 * eer).toFixed(2)} %`);
      const row = text.split('\n').find((line) => line.startsWith(`${name} `))!;
      assert.ok(row.includes(` ${aca} `) && row.endsWith(` ${ecapa}`), row);
    }
    assert.match(
      text,
      /Robustness:\s+the\s+conditions\s+change\s+40\s+utterances,\s+on\s+the\s+test\s+side [^]*left\s+whole:\s+7\s+at\s+2\s+s\.\s+The\s+noise\s+is\s+3\s+recordings\s+\(60\s+s\)/,
    );
    const guest = { ...comparison.systems[0], name: 'guest' };
    const relative = { ...comparison.relative, guest: {} };
    assert.match(formatComparison({ ...comparison, systems: [...comparison.systems, guest], relative }), /Not\s+tested: guest\./); // prettier-ignore
    assert.match(formatComparison(comparison, { style: 'markdown' }), /\n\| 1 s +\| +[\d.]+ % \|/);
  });

  it('gives each of many systems a row', () => {
    const many = sample(
      Array.from({ length: 6 }, (_, i) => `system-${i}`),
      20,
    ).comparison;
    const table = robustnessTable(many.robustness!, many);
    const lines = table.trimEnd().split('\n');
    assert.match(lines[0], /^robustness: EER +full +2 s +1 s +5 dB$/);
    assert.equal(lines.length, 2 + 5 * 3 + 1);
    assert.ok(lines.every((line) => displayWidth(line) <= 100));
  });

  it('is a row a condition and system in CSV', () => {
    const [header, ...rows] = robustnessCsv(comparison.robustness!).trimEnd().split('\n');
    assert.equal(rows.length, conditions.length * NAMES.length);
    assert.match(
      header,
      /^condition,kind,value,sides,utterances,whole,system,seeds,eer,eerLow,eerHigh,minDcf,relativeEer,/,
    );
    assert.match(rows[2], /^2 s,duration,2,test,40,7,aca-net,2,0\.\d+/);
  });

  it('is a picture: durations and ratios, each beside speech as it is', () => {
    // As the report reads it.
    const read = JSON.parse(JSON.stringify(comparison.robustness)) as NonNullable<typeof comparison.robustness>;
    const { svg, data, shown } = robustnessFigure.draw(read, systemStyles(NAMES));
    for (const label of ['1 s', '2 s', 'full', 'no noise', 'EER against duration', 'EER against noise']) {
      assert.ok(svg.includes(`>${label}</text>`), label);
    }
    assert.deepEqual([data.rows.length, shown.rows.length], [8, 4]);
    assert.match(svg, /<title>aca-net, 1 s: EER .* against the baseline; p/);
    const durations = { ...read, conditions: read.conditions.filter(({ kind }) => kind !== 'snr') };
    assert.doesNotMatch(robustnessFigure.draw(durations, systemStyles(NAMES)).svg, /noise/);
  });
});
