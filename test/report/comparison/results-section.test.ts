import assert from 'node:assert/strict';
import type { Comparison } from '../../../src/report/comparison/comparison.js';
import { replaceSection, resultsSection } from '../../../src/report/comparison/results-section.js';
import { systemWith } from './compared-system.js';

describe('results-section', () => {
  const where = 'RESULTS.md';
  const put = (text: string, section: string, name = 'demo') => replaceSection(text, { name, section, where });

  it('puts a section at the end, and in its own place the second time', () => {
    const first = put('# Results\n\nBy hand.\n', 'one\n');
    assert.equal(first, '# Results\n\nBy hand.\n\n<!-- acanet: demo -->\none\n<!-- /acanet -->\n');
    const more = `${put(first, 'wsj\n', 'wsj0')}\nAfter it, by hand.\n`;
    const second = put(more, 'two\n');
    assert.equal(second, more.replace('one', 'two'));
    assert.equal(put(second, 'two\n'), second, 'the same again changes nothing');
  });

  it('begins a file', () => {
    assert.equal(put('', 'one'), '<!-- acanet: demo -->\none\n<!-- /acanet -->\n');
  });

  it('leaves Windows line ends outside of the section alone', () => {
    const text = 'By hand.\r\n<!-- acanet: demo -->\r\none\r\n<!-- /acanet -->\r\nMore.\r\n';
    assert.equal(put(text, 'two'), 'By hand.\r\n<!-- acanet: demo -->\ntwo\n<!-- /acanet -->\nMore.\r\n');
  });

  it('refuses markers that do not pair, naming the line', () => {
    const [start, end] = ['<!-- acanet: demo -->', '<!-- /acanet -->'];
    const cases: [string, RegExp][] = [
      [`a\n${start}\nb\n`, /^RESULTS\.md:2: expected <!-- \/acanet --> after this line, got the end of the file$/],
      [`${end}\n`, /^RESULTS\.md:1: <!-- \/acanet --> without a beginning/],
      [`${start}\n${start}\n${end}\n`, /^RESULTS\.md:2: expected .* for line 1 before another section begins$/],
      [`${start}\n${end}\n${start}\n${end}\n`, /^RESULTS\.md:3: a second section "demo"$/],
    ];
    for (const [text, message] of cases) assert.throws(() => put(text, 'x'), { message });
  });

  it('says with which command, machine and versions the tables were made, and when models were trained', () => {
    const training = { seconds: 10, finished: '2026-11-21T10:00:00.000Z', machine: 'a GPU box' };
    const system = systemWith('aca-net', {});
    const runs = [
      { ...system.runs[0], training },
      { ...system.runs[0], training: { ...training, finished: '2026-11-22T' } },
    ];
    const comparison: Comparison = {
      baseline: 'aca-net',
      trials: 100,
      targets: 20,
      nontargets: 80,
      macsDuration: 3,
      confidence: 0.95,
      noIntervals: 'nobody knows who spoke',
      systems: [{ ...system, runs }],
      relative: {},
      differences: {},
      verdicts: [],
      notes: ['A note.'],
    };
    const text = resultsSection(comparison, {
      title: 'Synthetic voices',
      command: 'acanet compare --all',
      machine: 'a laptop',
      versions: { acanet: '0.1.0', node: 'v20.20.2' },
      commit: { commit: '0123456789', dirty: true },
    });
    const [heading, , command, , origin, , table] = text.split('\n');
    assert.deepEqual([heading, command], ['## Synthetic voices', '    acanet compare --all']);
    assert.equal(
      origin,
      'Machine: a laptop. acanet 0.1.0 at commit 0123456 with uncommitted changes, node v20.20.2. ' +
        'Trained from 2026-11-21 to 2026-11-22, on a GPU box too.',
    );
    assert.match(table, /^\| system +\| seeds \| +EER \|$/);
    assert.ok(text.includes('\n- A note.\n\n<details>'));
  });
});
