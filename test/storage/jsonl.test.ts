/** @file JSON lines, there and back, with errors that name the line. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/errors.js';
import { readJsonl, writeJsonl } from '../../src/storage/jsonl.js';

const asIs = (value: unknown) => value;

describe('storage/jsonl', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-jsonl-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('writes rows from a generator and reads them back', () => {
    const rows = Array.from({ length: 30_000 }, (_, id) => ({ id, text: `sch\u00f6n ${'x'.repeat(40)}` }));
    writeJsonl(join(dir, 'a.jsonl'), rows.values());
    assert.deepEqual(readJsonl(join(dir, 'a.jsonl'), asIs), rows);
    assert.ok(readFileSync(join(dir, 'a.jsonl'), 'utf8').endsWith('}\n'));
  });

  it('skips empty lines, accepts CRLF and a byte-order mark, and passes file:line to the check', () => {
    const path = join(dir, 'a.jsonl');
    writeFileSync(path, '\uFEFF{"a":1}\r\n\n2\n');
    const where: string[] = [];
    assert.deepEqual(
      readJsonl(path, (value, at) => (where.push(at), value)),
      [{ a: 1 }, 2],
    );
    assert.deepEqual(where, [`${path}:1`, `${path}:3`]);
  });

  it('names the line that is not JSON and the file that is missing', () => {
    const path = join(dir, 'a.jsonl');
    writeFileSync(path, '1\n{"a":\n');
    assert.throws(() => readJsonl(path, asIs), new RegExp(`^UserError: ${path}:2: expected one JSON value`));
    assert.throws(() => readJsonl(join(dir, 'none'), asIs), UserError);
  });

  it('leaves nothing behind when the rows fail to come', () => {
    const rows = function* () {
      yield 1;
      throw new Error('source failed');
    };
    assert.throws(() => writeJsonl(join(dir, 'a.jsonl'), rows()), /source failed/);
    assert.deepEqual(readdirSync(dir), []);
  });
});
