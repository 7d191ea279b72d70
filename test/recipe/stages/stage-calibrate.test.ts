/** @file Stage calibrate: what the development trials cannot teach is recorded; what the system refuses is a failure. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../../../src/errors.js';
import { calibrationRecord } from '../../../src/recipe/artifacts/calibrate.js';
import { calibrateStage } from '../../../src/recipe/stages/stage-calibrate.js';

const stage = calibrateStage({ name: 'a', system: 'a', seed: 1 });

describe('stage calibrate', () => {
  let work: string;
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-calibrate-'));
    const labels = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 'target' : 'nontarget'));
    const put = (file: string, lines: string[]) => {
      mkdirSync(dirname(join(work, file)), { recursive: true });
      writeFileSync(join(work, file), lines.map((line) => `${line}\n`).join(''));
    };
    for (const [list, scores, u] of [
      ['dev-trials.txt', 'score-dev/a', 'd'],
      ['trials.txt', 'score/a', 't'],
    ]) {
      put(
        `prep/${list}`,
        labels.map((label, i) => `${u}${i} v${u}${i} ${label}`),
      );
      put(
        `${scores}/scores.txt`,
        labels.map((label, i) => `${u}${i} v${u}${i} ${(label === 'target' ? 0.4 : 0) + 0.1 * (i % 7)}`),
      );
    }
    mkdirSync(join(work, 'calibrate/a'), { recursive: true });
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  const run = () =>
    stage.run({
      ...{ folder: join(work, 'calibrate/a'), folderOf: (name) => join(work, name), inputHash: 'x', sharesFolder: '' },
      ...{ log: () => undefined, progress: () => undefined },
    });

  it('records what it has learned, or why it has not', async () => {
    await run();
    assert.equal(calibrationRecord.read(join(work, 'calibrate/a')).usable, true);
    writeFileSync(join(work, 'prep/dev-trials.txt'), 'u0 v0 target\n');
    await run();
    assert.deepEqual(calibrationRecord.read(join(work, 'calibrate/a')), {
      usable: false,
      reason: 'the recipe has 1 target among 1 development trials',
    });
  });

  it('fails where the system refuses the output, and records nothing', async () => {
    mkdirSync(join(work, 'calibrate/a/llrs.txt/in the way'), { recursive: true });
    await assert.rejects(run(), (error: unknown) => error instanceof UserError && /llrs\.txt/.test(error.message));
    assert.equal(existsSync(join(work, 'calibrate/a/calibration.json')), false);
  });
});
