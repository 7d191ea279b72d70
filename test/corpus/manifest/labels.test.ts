import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLabels } from '../../../src/corpus/manifest/labels.js';

describe('a table of labels', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-labels-'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));
  const table = (text: string) => {
    const path = join(dir, 'labels.csv');
    writeFileSync(path, text);
    return () => readLabels(path);
  };

  it('says of a speaker or an utterance what its columns say', () => {
    const labels = table('\uFEFFage,speaker,group\r\n6,0001,child\n,0002,"adult, old"\n')();
    assert.deepEqual(labels.names, ['age', 'group']);
    assert.deepEqual(labels.of({ id: 'u', speaker: '0001' }), { age: '6', group: 'child' });
    assert.deepEqual(labels.of({ id: 'u', speaker: '0002' }), { group: 'adult, old' });
    assert.deepEqual(labels.of({ id: 'u', speaker: '9' }), {});
    assert.deepEqual(table('id,text\na,WE\n')().of({ id: 'a', speaker: 's' }), { text: 'WE' });
  });

  it('is refused with its line where it is none', () => {
    assert.throws(table(''), /expected a header and rows, got an empty file/);
    assert.throws(table('name,group\na,b\n'), /labels\.csv:1: expected a column "speaker" or "id".*got name, group/);
    assert.throws(table('speaker\na\n'), /labels\.csv:1: expected a column beside speaker/);
    assert.throws(table('speaker,group\na,b\na,c\n'), /labels\.csv:3: a is on an earlier line too/);
    assert.throws(table('speaker,group\na\n'), /labels\.csv:2: expected 2 fields, got 1/);
    assert.throws(() => readLabels(join(dir, 'none.csv')), /none\.csv: cannot be read/);
  });
});
