/** @file The figures that pictures of README and docs are drawn from agree with the tables beside them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const rowsOf = (path: string): Record<string, string>[] => parse(read(path), { columns: true });

/** The lines of a table's rows of one system, without its name. */
const rowsOfSystem = (section: string, system: string) =>
  section.split('\n').filter((line) => new RegExp(`^\\| ${system}( \\(baseline\\))? `).test(line));

const sectionOf = (name: string) => {
  const [, section] = new RegExp(`<!-- acanet: ${name} -->(.*?)<!-- /acanet -->`, 's').exec(read('RESULTS.md')) ?? [];
  assert.ok(section, `RESULTS.md has no section ${name}`);
  return section;
};

const percent = (rate: string) => (100 * Number(rate)).toFixed(2);

describe('the pictures of README and docs', () => {
  it('show the EERs and intervals of LibriSpeech that the table has', () => {
    const section = sectionOf('librispeech-comparison');
    for (const { system, eer, eerLow, eerHigh } of rowsOf('docs/pictures/data/cost-librispeech.csv')) {
      const [row] = rowsOfSystem(section, system);
      assert.match(row, new RegExp(` ${percent(eer)} %`), system);
      // the table has two digits, of which the last is rounded from more than the picture knows
      const [low, high] = [Number(percent(eerLow)), Number(percent(eerHigh))];
      const [, rowLow, rowHigh] = /([\d.]+) to ([\d.]+) %/.exec(row)!.map(Number);
      assert.ok(Math.abs(low - rowLow) <= 0.011 && Math.abs(high - rowHigh) <= 0.011, `${system}: ${row}`);
    }
  });

  it('show the EERs on short and noisy speech that the table has', () => {
    const section = sectionOf('wsj0-comparison');
    for (const { system, condition, eer } of rowsOf('docs/pictures/data/robustness-wsj0.csv')) {
      assert.ok(
        rowsOfSystem(section, system).some((row) => row.includes(` ${percent(eer)} %`)),
        `${system}, ${condition}: ${percent(eer)} %`,
      );
    }
  });
});
