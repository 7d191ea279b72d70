/** @file TensorBoard's files: byte for byte what TensorBoard's own writer makes, and read by TensorBoard itself. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32c, event, openEventLog, record } from '../../src/training/tensorboard-events.js';
import { pythonWith } from '../pytorch.js';

/**
 * Three records of `tensorboard.summary.writer.record_writer.RecordWriter` (TensorBoard 2.21.0): a file version, a
 * session's start at step 301, and two scalars of step 70,000, one of them under a name of 140 characters.
 */
const WRITTEN_BY_TENSORBOARD = Buffer.from(
  'GAAAAAAAAACjf0siCQAAEED8VNlBGg1icmFpbi5FdmVudDoyM40v6RAAAAAAAAAAlfv+GAkAAGBA/FTZQRCtAjoCCAERhyffvQAAAAAAAABjIS' +
    'kJCQAAgED8VNlBEPCiBCqtAQoUCg10cmFpbmluZy9sb3NzFc3MzD0KlAEKjAFncmFkTm9ybXMveHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4' +
    'eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eH' +
    'h4eHh4eHh4eHh4eHh4eHh4eHh4eBUAfJLItkHgoQ==',
  'base64',
);

/** Scalars as TensorBoard shows them after all files of a folder: tag → [step, value] rows. */
const READ_BY_TENSORBOARD = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0})
events.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}))
`;

describe('tensorboard events', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-events-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const row = (step: number) => ({
    ...{ step, epoch: 1, loss: 1 / step, devEer: step / 100 },
    instruments: { spectrum: [0.5, 0.3], attention: { 'block.0': { entropy: 0.5 } } },
  });
  const files = () => readdirSync(dir).sort();

  it('are the bytes that TensorBoard’s own writer makes of the same events', () => {
    const scalars = [
      { tag: 'training/loss', value: 0.1 },
      { tag: `gradNorms/${'x'.repeat(130)}`, value: -3e5 },
    ];
    const events = [
      event({ time: 1700000000.25, fileVersion: 'brain.Event:2' }),
      event({ time: 1700000001.5, step: 301, starts: true }),
      event({ time: 1700000002, step: 70000, scalars }),
    ];
    assert.deepEqual(Buffer.concat(events.map(record)), WRITTEN_BY_TENSORBOARD);
  });

  it('have checksums as RFC 3720 (appendix B.4) lists them', () => {
    const sums: [Uint8Array, number][] = [
      [new Uint8Array(32), 0x8a9136aa],
      [new Uint8Array(32).fill(0xff), 0x62a8ab43],
      [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
      [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ];
    for (const [bytes, sum] of sums) assert.equal(crc32c(bytes), sum);
  });

  it('have a file for each start, and none of a training that was begun anew', () => {
    openEventLog(dir).append(row(1));
    const first = readFileSync(join(dir, files()[0]));
    const resumed = openEventLog(dir, { step: 1, rows: [row(1)] });
    resumed.append(row(2));
    assert.deepEqual(files(), ['events.out.tfevents.000001.acanet', 'events.out.tfevents.000002.acanet']);
    assert.deepEqual(readFileSync(join(dir, files()[0])), first);
    writeFileSync(join(dir, 'events.out.tfevents.1700000000.host'), 'of someone else');
    openEventLog(dir);
    assert.deepEqual(files(), ['events.out.tfevents.000001.acanet', 'events.out.tfevents.1700000000.host']);
    assert.ok(statSync(join(dir, files()[0])).size < first.length);
  });

  it('are read by TensorBoard: each step once, whatever stopped the training', function () {
    const python = pythonWith(this, 'tensorboard');
    const read = () => {
      const { status, stdout, stderr } = spawnSync(python, ['-c', READ_BY_TENSORBOARD, dir], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout) as Record<string, [number, number][]>;
    };
    const first = openEventLog(dir);
    for (const step of [1, 2, 3, 4]) first.append(row(step));
    // A kill within a record.
    appendFileSync(first.path, record(event({ time: 1, step: 5 })).subarray(0, 20));
    const second = openEventLog(dir, { step: 2, rows: [row(1), row(2)] });
    for (const step of [3, 4, 6]) second.append({ ...row(step), loss: 10 * step });
    const scalars = read();
    assert.deepEqual(Object.keys(scalars).sort(), [
      'development/devEer',
      'instruments/attention/block.0/entropy',
      'training/epoch',
      'training/loss',
    ]);
    // The format holds float32.
    const expected = [1, 1 / 2, 30, 40, 60].map((value, i) => [[1, 2, 3, 4, 6][i], Math.fround(value)]);
    assert.deepEqual(scalars['training/loss'], expected);
    // A training that was begun before there were events.
    for (const name of files()) rmSync(join(dir, name));
    openEventLog(dir, { step: 2, rows: [row(1), row(2)] }).append(row(3));
    assert.deepEqual(
      read()['training/epoch'].map(([step]) => step),
      [1, 2, 3],
    );
  });
});
