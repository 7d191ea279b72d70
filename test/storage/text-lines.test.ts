/** @file What readTextLines accepts and refuses. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readTextLines } from '../../src/storage/text-lines.js';
import { UserError } from '../../src/errors.js';

describe('readTextLines', () => {
  let dir: string;
  let path: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-lines-'));
    path = join(dir, 'list');
  });
  after(() => rmSync(dir, { recursive: true }));

  const textsOf = (content: string | Uint8Array) => {
    writeFileSync(path, content);
    return Array.from(readTextLines(path), ({ text }) => text);
  };
  const mark = '\uFEFF';

  const accepted: [string, string | Uint8Array, string[]][] = [
    ['an empty file', '', []],
    ['a file that holds a byte-order mark alone', mark, ['']],
    ['a final newline or none', 'a\nb', ['a', 'b']],
    ['empty lines, which it gives too', 'a\n\nb\n', ['a', '', 'b']],
    ['Windows line endings', 'a b\r\nc\r\n', ['a b', 'c']],
    ['line endings that were converted twice', 'a\r\r\nb\r\r\n', ['a', 'b']],
    ['a byte-order mark at the beginning and where files were joined', `${mark}a\n${mark}b\n`, ['a', 'b']],
    ['gzip, whatever the name', gzipSync('a\nb\n'), ['a', 'b']],
    ['several gzip members', Buffer.concat([gzipSync('a\n'), gzipSync('b\n')]), ['a', 'b']],
    ['text beyond ASCII', 'Ångström\n张三\n', ['Ångström', '张三']],
  ];
  for (const [what, content, expected] of accepted) {
    it(`reads ${what}`, () => assert.deepEqual(textsOf(content), expected));
  }

  it('numbers lines from 1 across the pieces in which a file is read', () => {
    const lines = Array.from({ length: 300_000 }, (_, index) => `é${index}`); // 2.6 MB, and characters of two bytes
    writeFileSync(path, lines.join('\r\n'));
    let count = 0;
    for (const { text, number } of readTextLines(path)) {
      assert.equal(number, count + 1);
      assert.equal(text, lines[count++]);
    }
    assert.equal(count, lines.length);
  });

  const refused: [string, string | Uint8Array, RegExp][] = [
    [
      'UTF-16 with a mark',
      Buffer.from(`${mark}a b\n`, 'utf16le'),
      /list: expected the list in UTF-8, got UTF-16\nSave/,
    ],
    ['UTF-16 without a mark', Buffer.from('a b\n', 'utf16le'), /got what looks like UTF-16/],
    ['UTF-16 inside gzip', gzipSync(Buffer.from(`${mark}a\n`, 'utf16le')), /got UTF-16/],
    ['bytes that are not UTF-8', Buffer.from('a\nb\nMüller\n', 'latin1'), /list:3: expected UTF-8, got other bytes/],
    ['a binary file', Buffer.from('ab\nc\0d\n'), /list:2: .* got a zero byte/],
    ['old Mac line endings', 'a b\rc d\r', /list:1: a carriage return inside the line/],
    ['a gzip file that was cut', gzipSync('a\nb\n').subarray(0, 15), /list: cannot read the list: /],
  ];
  for (const [what, content, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => textsOf(content),
        (error) => error instanceof UserError && message.test(error.message),
      );
    });
  }

  it('refuses a small file that unpacks to a huge one, and says what to do', () => {
    const mostUnpacked = 1_000_000;
    const read = (bytes: number) => {
      writeFileSync(path, gzipSync(Buffer.alloc(bytes, 'a b\n')));
      return Array.from(readTextLines(path, { mostUnpacked })).length;
    };
    assert.equal(read(mostUnpacked), mostUnpacked / 4);
    assert.throws(() => read(mostUnpacked + 4), {
      name: 'UserError',
      message:
        /list: cannot read the list: over 1000000 bytes once unpacked.*\nUnpack it.*: gunzip -c .*list > list\.txt$/,
    });
  });

  it('names what it could not open', () => {
    assert.throws(() => Array.from(readTextLines(join(dir, 'absent'), { what: 'the trial list' })), {
      name: 'UserError',
      message: /absent: cannot read the trial list: there is no such file or folder/,
    });
    assert.throws(() => Array.from(readTextLines(dir)), {
      name: 'UserError',
      message: /cannot read the list: expected a file, got a folder/,
    });
  });
});
