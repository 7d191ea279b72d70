/** @file Hashes and canonical JSON. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSha256, sha256Hex, stableJson } from '../../src/storage/hashing.js';

/** SHA-256 of "abc", FIPS 180-2 appendix B.1. */
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('storage/hashing', () => {
  it("hashes parts as one text and agrees with the standard's example", () => {
    assert.equal(sha256Hex('abc'), ABC);
    assert.equal(sha256Hex('a', Buffer.from('bc')), ABC);
  });

  it('hashes a file like its content', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'acanet-hash-'));
    try {
      writeFileSync(join(dir, 'abc'), 'abc');
      assert.equal(await fileSha256(join(dir, 'abc')), ABC);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('gives one JSON text whatever the order of keys', () => {
    assert.equal(stableJson({ b: [{ z: 1, a: null }], a: 'x', c: undefined }), '{"a":"x","b":[{"a":null,"z":1}]}');
    assert.equal(stableJson({ 2: 0, 10: 0, a: 0 }), stableJson({ a: 0, 10: 0, 2: 0 }));
  });
});
