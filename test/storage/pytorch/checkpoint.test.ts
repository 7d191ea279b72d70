/** Files that PyTorch wrote give its tensors, and no code of theirs is run. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../../src/errors.js';
import { isCheckpoint, readCheckpoint } from '../../../src/storage/pytorch/checkpoint.js';

const fixture = (name: string) => new URL(`../../../../test/fixtures/pytorch/${name}`, import.meta.url).pathname;

describe('checkpoint', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-checkpoint-'));
  });
  after(() => rmSync(dir, { recursive: true }));

  const written = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(dir, name), bytes);
    return join(dir, name);
  };
  const refuses = (path: string, says: RegExp) =>
    assert.throws(
      () => readCheckpoint(path),
      (error: Error) => {
        assert.ok(error instanceof UserError, error.stack);
        assert.ok(error.message.startsWith(path), error.message);
        assert.match(error.message, says);
        return true;
      },
    );

  it('reads every type, stride and shared storage as PyTorch has them', () => {
    const expected = JSON.parse(readFileSync(fixture('tensors.json'), 'utf8')) as Record<
      string,
      { shape: number[]; data: (number | boolean)[] }
    >;
    const { tensors, topKeys } = readCheckpoint(fixture('tensors.pt'));
    assert.deepEqual(topKeys, ['nested', '3']);
    assert.deepEqual(
      tensors.map(({ keys }) => keys),
      [...Object.keys(expected).map((name) => ['nested', 'deeper', name]), ['3']],
    );
    for (const { keys, shape, data } of tensors.slice(0, -1)) {
      const [, , name] = keys;
      assert.deepEqual(shape, expected[name].shape, name);
      assert.deepEqual(Array.from(data, Number), expected[name].data.map(Number), name);
    }
  });

  it('reads the form before PyTorch 1.6', () => {
    const inZip = new Map(
      readCheckpoint(fixture('tiny-ecapa.ckpt'))
        .tensors.filter(({ keys }) => keys[0] === 'state_dict')
        .map(({ keys, ...tensor }) => [keys[1].replace('module.speaker_encoder.', ''), tensor]),
    );
    const old = readCheckpoint(fixture('old-form.pt')).tensors;
    assert.ok(old.length > 50);
    for (const { keys, ...tensor } of old) assert.deepEqual(tensor, inZip.get(keys[0]), keys[0]);
  });

  it('refuses a pickle that would run code by the name of what it calls, and runs nothing', () => {
    refuses(fixture('runs-code.pt'), /it holds posix\.system, .*\n {2}nothing of the file has been run/);
    // The command in the file would make a file of this name.
    assert.ok(!existsSync('ran') && !existsSync(fixture('ran')));
  });

  it('tells its files from safetensors by their bytes', () => {
    assert.ok(['tiny-ecapa.ckpt', 'old-form.pt', 'runs-code.pt'].every((name) => isCheckpoint(fixture(name))));
    // A safetensors file whose header has 640 bytes begins as a pickle of protocol 2 does.
    assert.ok(!isCheckpoint(written('x.safetensors', Uint8Array.of(0x80, 2, 0, 0, 0, 0, 0, 0))));
    assert.ok(!isCheckpoint(written('y.pt', Uint8Array.of(0x40, 2, 0, 0, 0, 0, 0, 0))));
  });

  it('names what is cut, damaged, or of another program', () => {
    const whole = readFileSync(fixture('tensors.pt'));
    refuses(written('cut.pt', whole.subarray(0, whole.length - 200)), /not a sound ZIP archive/);
    const damaged = Buffer.from(whole);
    const at = damaged.indexOf(Buffer.from(Float64Array.of(1 / 3).buffer));
    damaged[at] ^= 1;
    refuses(written('damaged.pt', damaged), /"\w+\/data\/0" is damaged: its checksum is [0-9a-f]{8}, expected/);
    const old = readFileSync(fixture('old-form.pt'));
    refuses(written('old.pt', old.subarray(0, old.length - 3)), /within its values; the file may be cut short/);
    refuses(written('old.pt', old.subarray(0, 100)), /not a sound checkpoint: it ends/);
    // pickle.dumps({'a': 1}, 2)
    refuses(
      written('other.pkl', Buffer.from('80027d71005801000000617101 4b01732e'.replace(' ', ''), 'hex')),
      /but not of torch\.save/,
    );
  });

  it('survives any one byte changed in the pickle, with tensors or with words', () => {
    const old = readFileSync(fixture('old-form.pt'));
    const path = join(dir, 'flipped.pt');
    copyFileSync(fixture('old-form.pt'), path);
    let refused = 0;
    for (let at = 0; at < 2400; at += 23) {
      const flipped = Buffer.from(old);
      flipped[at] ^= 0x15;
      writeFileSync(path, flipped);
      try {
        readCheckpoint(path);
      } catch (error) {
        assert.ok(error instanceof UserError, `byte ${at}: ${(error as Error).stack}`);
        refused++;
      }
    }
    assert.ok(refused > 30, `only ${refused} were noticed`);
  });
});
