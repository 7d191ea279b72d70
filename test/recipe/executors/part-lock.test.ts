/** @file The lock of a part: one process at a time, on any machine, told by beats and not by clocks. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockPart } from '../../../src/recipe/executors/part-lock.js';

const never = () => assert.fail('the part was taken over');

describe('the lock of a part', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-part-'));
    path = join(folder, 'train.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A holder that beats no more, unless the caller beats for it. */
  const leave = (holder: object) => {
    writeFileSync(path, JSON.stringify({ token: 'theirs', host: 'n7', pid: 1, ...holder }));
    writeFileSync(`${path}.theirs`, '0');
  };

  it('leaves nothing when it is given back', async () => {
    const unlock = await lockPart(path, { beatMs: 5, onLost: never });
    await sleep(30);
    unlock();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is taken over from a machine whose process beats no more', async () => {
    leave({});
    const waited: string[] = [];
    const unlock = await lockPart(path, { beatMs: 5, missed: 3, onLost: never, onWait: (who) => waited.push(who) });
    assert.deepEqual(waited, ['process 1 on n7']);
    assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { host: string }).host, hostname());
    unlock();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is waited for as long as its holder beats, and had when that gives it back', async () => {
    leave({});
    let beats = 0;
    const other = setInterval(() => writeFileSync(`${path}.theirs`, String(++beats)), 2);
    let got = false;
    const waiting = lockPart(path, { beatMs: 40, missed: 2, onLost: never }).then((unlock) => {
      got = true;
      return unlock;
    });
    // Far more watching than `missed` allows a silent holder.
    while (beats < 60) await sleep(5);
    assert.equal(got, false);
    clearInterval(other);
    rmSync(path);
    rmSync(`${path}.theirs`);
    (await waiting)();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is had at once where its process of this machine is dead', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    leave({ host: hostname(), pid });
    const unlock = await lockPart(path, { onLost: never, onWait: () => assert.fail('nobody is to be waited for') });
    unlock();
  });

  it('tells a holder that it was taken over, and that holder takes nothing away from the other', async () => {
    let lost = 0;
    const unlock = await lockPart(path, { beatMs: 5, onLost: () => lost++ });
    const theirs = JSON.stringify({ token: 'theirs', host: 'n7', pid: 1 });
    writeFileSync(path, theirs);
    while (lost === 0) await sleep(5);
    await sleep(20);
    assert.equal(lost, 1);
    unlock();
    assert.equal(readFileSync(path, 'utf8'), theirs);
  });

  it('is had by one of many that want it', async () => {
    leave({});
    let holders = 0;
    const take = async () => {
      const unlock = await lockPart(path, { beatMs: 4, missed: 2, onLost: never });
      assert.equal(++holders, 1);
      await sleep(3);
      holders--;
      unlock();
    };
    await Promise.all(Array.from({ length: 8 }, take));
    assert.deepEqual(readdirSync(folder), []);
  });

  it('that is damaged is named, and what may be done', async () => {
    writeFileSync(path, '{');
    await assert.rejects(lockPart(path, { onLost: never }), /train\.lock: damaged, .*\n.*remove the file$/s);
    assert.deepEqual(readdirSync(folder), ['train.lock']);
  });
});
