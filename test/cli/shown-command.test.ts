import assert from 'node:assert/strict';
import { Command } from 'commander';
import { addCompare } from '../../src/cli/compare.js';
import { showCommand } from '../../src/cli/shown-command.js';

describe('shown-command', () => {
  const program = new Command();
  addCompare(program);
  const [compare] = program.commands;
  const show = (line: string, more = {}) => showCommand(compare, { args: line.split(' '), ...more });

  it('keeps what was typed, but for the places of this machine', () => {
    const cases: [string, string][] = [
      ['compare --all --recipe wsj0 --seeds 3', 'acanet compare --all --recipe wsj0 --seeds 3'],
      ['compare baseline --work /data/exp --json', 'acanet compare baseline'],
      ['compare --results=/home/me/RESULTS.md', 'acanet compare --results RESULTS.md'],
      ['compare --recipe /home/me/own.yaml', 'acanet compare --recipe own.yaml'],
      ['compare --scores a@2=/x/a.txt --trials t.txt', 'acanet compare --scores a@2=FILE --trials FILE'],
      ['compare --with ../exp/x/score/y', 'acanet compare --with FOLDER'],
      ['compare --set corpus.source=/data --set seed=2', 'acanet compare --set corpus.source=DIR --set seed=2'],
      ['prep --set corpus.of.wsj.lists=lists', 'acanet prep --set corpus.of.wsj.lists=DIR'],
      ['compare --set corpus.lists="lists"', 'acanet compare --set corpus.lists=DIR'],
      ['train --set augmentation.noise.source=noise', 'acanet train --set augmentation.noise.source=DIR'],
    ];
    for (const [typed, shown] of cases) assert.equal(show(typed), shown);
    const args = ['prep', '--set', 'corpus={type: manifest, source: /data/m.jsonl}'];
    assert.equal(showCommand(compare, { args }), `acanet prep --set 'corpus={"type":"manifest","source":"DIR"}'`);
  });

  it('adds the recipe and overrides that were remembered rather than typed', () => {
    const remembered = ['corpus.source="/data/wsj0"', 'training.epochs=3'];
    assert.equal(
      show('compare', { remembered, recipe: 'wsj0' }),
      'acanet compare --recipe wsj0 --set corpus.source=DIR --set training.epochs=3',
    );
    assert.equal(show('compare --recipe demo', { recipe: 'wsj0' }), 'acanet compare --recipe demo');
  });

  it('quotes what a shell would take apart', () => {
    const args = ['compare', '--results', 'R.md', '--title', "it's new"];
    assert.equal(showCommand(compare, { args }), String.raw`acanet compare --results R.md --title 'it'\''s new'`);
  });
});
