import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { internal, inWords, messageOf, UserError, isRefusal } from '../src/errors.js';

describe('refusals of the system', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-errors-'));
    writeFileSync(join(dir, 'file'), '');
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const thrownBy = (action: () => unknown): Error => {
    try {
      action();
    } catch (error) {
      return error as Error;
    }
    throw internal('nothing was thrown');
  };

  it('are mistakes that name the path, in words', () => {
    const cases: [action: () => unknown, path: string, words: RegExp][] = [
      [() => readdirSync(join(dir, 'none')), join(dir, 'none'), /there is no such file or folder \(ENOENT\)/],
      [() => readdirSync(join(dir, 'file/x')), join(dir, 'file/x'), /a part of the path is a file.*\(ENOTDIR\)/],
      [() => readFileSync(join(dir, 'a'.repeat(5000))), 'a'.repeat(5000), /the name is too long \(ENAMETOOLONG\)/],
    ];
    for (const [action, path, words] of cases) {
      const error = thrownBy(action);
      const said = inWords(error);
      assert.ok(said instanceof UserError && said.exitCode === 1);
      assert.ok(said.message.includes(`${path}: `));
      assert.match(said.message, words);
      assert.match(messageOf(error), words);
      // A thread hands over no more of an error than its message.
      assert.equal((inWords(new Error(error.message)) as Error).message, said.message);
    }
  });

  it('are not seen in other errors', () => {
    for (const error of [
      new UserError('ENOENT: so, says x'),
      internal('ENOENT'),
      new TypeError('x.y is no function'),
    ]) {
      assert.equal(inWords(error), error);
    }
    assert.equal(messageOf(new TypeError('x.y is no function')), 'x.y is no function');
  });

  it('are found as the cause of an error that names the file', () => {
    const refusal = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    assert.equal(isRefusal(new UserError('x: cannot be written', { cause: refusal })), true);
    assert.equal(isRefusal(new UserError('x:1: expected a number', { cause: new TypeError('no number') })), false);
  });
});
