import assert from 'node:assert/strict';
import { displayWidth, formatTable } from '../../../src/report/text/table.js';

describe('table', () => {
  const columns = [{ title: 'name' }, { title: 'EER', align: 'right' as const }];

  it('aligns columns, without spaces at line ends', () => {
    const text = formatTable(columns, [
      ['aca-net', '5.12 %'],
      ['x', '10.00 %'],
    ]);
    assert.equal(text, 'name         EER\n-------  -------\naca-net   5.12 %\nx        10.00 %\n');
    assert.equal(formatTable([columns[1], columns[0]], [['1', 'a']]), 'EER  name\n---  ----\n  1  a\n');
  });

  it('ends the rule at 100 columns where the last one holds long texts, and below its title at least', () => {
    const ruleOf = (first: string) =>
      formatTable([{ title: 'a' }, { title: 'because' }], [[first, 'x'.repeat(200)]]).split('\n')[1];
    assert.equal(ruleOf('y'), `-  ${'-'.repeat(97)}`);
    assert.equal(ruleOf('y'.repeat(150)), `${'-'.repeat(150)}  -------`);
  });

  it('writes Markdown, with bars escaped and cells on one line', () => {
    const text = formatTable(columns, [['a|b\nc', '1']], { style: 'markdown' });
    assert.equal(text, '| name   | EER |\n| ------ | --: |\n| a\\|b c |   1 |\n');
  });

  it('counts the cells that a terminal needs', () => {
    assert.deepEqual(['abc', 'ü', 'u\u0308', '話者', 'Ｗ', '🎤', ''].map(displayWidth), [3, 1, 1, 4, 2, 2, 0]);
  });

  it('refuses rows that do not fit the columns', () => {
    assert.throws(() => formatTable(columns, [['a']]), /1 cells in 2 columns/);
  });
});
