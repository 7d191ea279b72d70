/** @file Checkpoints: the same bytes for the same content, listing, retention, and what a killed process leaves. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32, int32 } from '../../src/engine/program/host-tensor.js';
import { UserError } from '../../src/errors.js';
import {
  bestCheckpoints,
  dispensableCheckpoints,
  listCheckpoints,
  loadCheckpoint,
  ofLastPhase,
  removeCheckpoint,
  removeLeftovers,
  saveCheckpoint,
  setDamagedAside,
} from '../../src/training/checkpoint.js';

describe('checkpoint', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-checkpoint-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const checkpoint = (step: number, devEer: number | null = null) => ({
    model: { 'a.weight': float32([2, 2], Float32Array.of(1, 2, 3, step)), 'bn.count': int32([], Int32Array.of(step)) },
    optimizer: { 'm/a.weight': float32([2, 2]) },
    state: { step, devEer, epoch: 3, seed: 7 },
  });

  it('reads back what it wrote, and writes the same bytes again', async () => {
    const path = await saveCheckpoint(dir, checkpoint(1234));
    assert.equal(path, join(dir, 'step-00001234'));
    assert.deepEqual(loadCheckpoint(path), checkpoint(1234));
    const bytes = () =>
      ['model.safetensors', 'optimizer.safetensors', 'state.json'].map((name) => readFileSync(join(path, name), 'hex'));
    const before = bytes();
    await saveCheckpoint(dir, checkpoint(1234));
    assert.deepEqual(bytes(), before);
    assert.deepEqual(readdirSync(dir), ['step-00001234']);
  });

  it('lists checkpoints by step and passes over half-written and other folders', async () => {
    for (const [step, eer] of [
      [20, 0.1],
      [3, null],
      [100, 0.05],
    ] as const)
      await saveCheckpoint(dir, checkpoint(step, eer));
    mkdirSync(join(dir, '.step-00000200.123.0a1b2c3d.part'));
    writeFileSync(join(dir, 'metrics.jsonl'), '');
    assert.deepEqual(
      listCheckpoints(dir).map(({ step, devEer }) => [step, devEer]),
      [
        [3, null],
        [20, 0.1],
        [100, 0.05],
      ],
    );
    assert.deepEqual(listCheckpoints(join(dir, 'absent')), []);
    assert.deepEqual(removeLeftovers(dir), ['.step-00000200.123.0a1b2c3d.part']);
    assert.equal(readdirSync(dir).length, 4);
  });

  it('leaves a half-written folder name behind that removeLeftovers knows', async () => {
    let aside: string[] = [];
    const model = new Proxy(checkpoint(5).model, {
      ownKeys: (target) => {
        aside = readdirSync(dir);
        return Reflect.ownKeys(target);
      },
    });
    await saveCheckpoint(dir, { ...checkpoint(5), model });
    assert.equal(aside.length, 1);
    mkdirSync(join(dir, aside[0]));
    assert.deepEqual(removeLeftovers(dir), aside);
  });

  it('keeps the last N and the best M by development EER, each perhaps both', () => {
    const eers = [0.3, 0.1, null, 0.1, 0.2, 0.25];
    const entries = eers.map((devEer, step) => ({ step, devEer }));
    const gone = (keepLast: number, keepBest: number) =>
      dispensableCheckpoints(entries, { keepLast, keepBest }).map(({ step }) => step);
    assert.deepEqual(gone(2, 1), [0, 2, 3]);
    assert.deepEqual(gone(1, 2), [0, 2, 4]);
    assert.deepEqual(gone(0, 0), [0, 1, 2, 3, 4], 'the newest always stays');
    assert.deepEqual(gone(9, 0), []);
    assert.deepEqual(
      bestCheckpoints(entries, 3).map(({ step }) => step),
      [1, 3, 4],
    );
  });

  it('keeps and averages the best of the newest phase alone: those before are of another kind', () => {
    const phased = [0.3, 0.1, 0.2, 0.25, 0.22].map((devEer, step) => ({
      ...{ step, devEer },
      phase: step < 2 ? 'main' : 'large-margin',
    }));
    assert.deepEqual(
      ofLastPhase(phased.toReversed()).map(({ step }) => step),
      [4, 3, 2],
    );
    const gone = dispensableCheckpoints(phased, { keepLast: 1, keepBest: 2 });
    assert.deepEqual(
      gone.map(({ step }) => step),
      [0, 1, 3],
    );
  });

  it('removes a checkpoint so that a kill leaves it whole or hidden, never in part', async () => {
    for (const step of [1, 2]) await saveCheckpoint(dir, checkpoint(step));
    const hidden = join(dir, '.step-00000001.removed.part'); // what a kill left of the first attempt
    mkdirSync(hidden);
    writeFileSync(join(hidden, 'model.safetensors'), '');
    removeCheckpoint({ dir: join(dir, 'step-00000001') });
    assert.deepEqual(readdirSync(dir), ['step-00000002']);
    mkdirSync(hidden);
    assert.deepEqual(
      listCheckpoints(dir).map(({ step }) => step),
      [2],
    );
    assert.deepEqual(removeLeftovers(dir), ['.step-00000001.removed.part']);
  });

  it('names the file of a damaged checkpoint', async () => {
    const path = await saveCheckpoint(dir, checkpoint(8));
    rmSync(join(path, 'optimizer.safetensors'));
    assert.throws(() => loadCheckpoint(path), { name: UserError.name, message: /optimizer\.safetensors/ });
    await saveCheckpoint(dir, checkpoint(8));
    await saveCheckpoint(dir, checkpoint(9));
    cpSync(join(dir, 'step-00000009', 'model.safetensors'), join(path, 'model.safetensors'));
    assert.throws(() => loadCheckpoint(path), /model\.safetensors: is not as it was written: expected SHA-256 .* got/);
    writeFileSync(join(path, 'state.json'), '{"step": ');
    assert.throws(() => listCheckpoints(dir), { name: UserError.name, message: /state\.json.*remove the folder/s });
  });

  it('sets the first damaged checkpoint aside, and those after it are to be made again', async () => {
    const state = (step: number, configHash = 'mine') => ({ ...checkpoint(step).state, configHash });
    const save = (step: number) => saveCheckpoint(dir, { ...checkpoint(step), state: state(step) });
    for (const step of [1, 2, 3, 4]) await save(step);
    assert.deepEqual(setDamagedAside(dir, 'mine'), []);
    assert.deepEqual(setDamagedAside(dir, 'another'), [], 'the folder is another training, which the trainer says');
    const flipped = join(dir, 'step-00000003', 'state.json');
    writeFileSync(flipped, readFileSync(flipped, 'utf8').replace('"epoch": 3', '"epoch": 2'));
    const [said, then] = setDamagedAside(dir, 'mine');
    assert.match(said, /^! .*step-00000003.state\.json: .* has changed since it was written/);
    assert.match(then, /goes on from step-00000002; the 1 after it are made again/);
    assert.deepEqual(readdirSync(dir), ['step-00000001', 'step-00000002', 'step-00000003.damaged']);
    await saveCheckpoint(dir, { ...checkpoint(2), state: state(2, 'another') });
    assert.match(setDamagedAside(dir, 'mine')[0], /step-00000002: belongs to another training/);
  });
});
