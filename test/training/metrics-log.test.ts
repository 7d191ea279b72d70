/** @file The metrics log: each step once, whatever interrupted the run. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/errors.js';
import { openMetricsLog, readMetricsLog } from '../../src/training/metrics-log.js';

describe('metrics log', () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-metrics-'));
    path = join(dir, 'train', 'metrics.jsonl');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('holds each step once after a kill and a resume, with the torn line gone', () => {
    const log = openMetricsLog(path);
    for (const step of [1, 2, 3, 4]) log.append({ step, loss: 1 / step });
    appendFileSync(path, '{"step":5,"lo');
    assert.equal(readMetricsLog(path).length, 4);

    const resumed = openMetricsLog(path, { resumeStep: 2 });
    assert.deepEqual([resumed.kept, resumed.cut], [2, 2]);
    for (const step of [3, 4, 5]) resumed.append({ step, loss: 1 / step });
    assert.deepEqual(
      readMetricsLog(path).map(({ step }) => step),
      [1, 2, 3, 4, 5],
    );
    assert.ok(readFileSync(path, 'utf8').endsWith('}\n'));
  });

  it('starts empty for a new run and says how much it cut', () => {
    openMetricsLog(path).append({ step: 0 });
    const again = openMetricsLog(path);
    assert.deepEqual([again.kept, again.cut], [0, 1]);
    assert.deepEqual(readMetricsLog(path), []);
  });

  it('keeps a last line that lacks only its end, and refuses a torn line elsewhere', () => {
    openMetricsLog(path);
    writeFileSync(path, '{"step":1}\n{"step":2}');
    assert.equal(readMetricsLog(path).length, 2);
    writeFileSync(path, '{"step":1}\n{"st\n{"step":3}\n');
    assert.throws(() => readMetricsLog(path), {
      name: UserError.name,
      message: /metrics\.jsonl:2: expected a JSON object/,
    });
  });
});
