/** @file Outputs are told from inputs by the files that they are, whatever links lead there. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refuseOverwriting, refuseReplacing, refuseStageFolder } from '../../src/storage/overwriting.js';

describe('an output', () => {
  let dir: string;
  const at = (name: string) => join(dir, name);
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-overwriting-'));
    writeFileSync(at('in.txt'), '');
    symlinkSync('in.txt', at('link.txt'));
    symlinkSync('.', at('here'));
    for (const name of ['score', 'train']) mkdirSync(at(name));
    writeFileSync(at('score/.done.json'), '{}');
    writeFileSync(at('train/.started.json'), '{}');
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  for (const output of ['in.txt', './in.txt', 'link.txt', 'here/in.txt', 'here/here/link.txt'])
    it(`is refused where it is an input: ${output}`, () => {
      assert.throws(
        () => refuseOverwriting([undefined, at('new.txt'), `${dir}/${output}`], ['-', undefined, at('in.txt')]),
        /is an input, and would be overwritten\n {2}name another output/,
      );
    });

  it('may be anything else, also what is not there yet', () => {
    refuseOverwriting([at('new.txt'), at('here/deep/new.txt'), '-'], [at('in.txt'), at('gone.txt'), '-']);
  });

  it('takes the place of no result of an experiment', () => {
    for (const name of ['score', 'train']) assert.throws(() => refuseStageFolder(at(name)), /result of an experiment/);
    refuseStageFolder(dir);
    refuseStageFolder(at('none'));
    for (const place of ['score/mine.txt', 'score/figures/mine.svg', 'train/x.ark'])
      assert.throws(
        () => refuseReplacing([at(place)], []),
        /lies in a result of an experiment, which would be damaged/,
      );
    refuseReplacing([at('mine.txt'), at('other/mine.txt'), '-', undefined], []);
  });
});
