/**
 * @file A training that is killed, stopped and resumed ends in the same bytes as one left alone: as processes, from the
 * command line. `npm run test:faults -- kills` kills every stage, and at random times.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkpointName } from '../../src/training/checkpoint.js';

const door = fileURLToPath(new URL('../../../bin/acanet.js', import.meta.url));
const STEPS = 48; // many more than the signals need, as a busy machine delivers them late
const RECIPE = `
extends: base
corpus: { type: synth, trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 4, duration: [1, 1.5] }
development: { speakers: 2 }
systems:
  aca-net:
    model: { type: aca-net, latents: 8, embed: 16, blocks: 1, layers: 1, heads: 2, attentionMlp: 16,
      transformerMlp: 16, dropout: 0.1 }
model: aca-net
baseline: aca-net
training:
  epochs: 12
  batchSize: 4
  cropFrames: 60
  optimizer: { type: adam }
  checkpoint: { everySteps: 3, keepLast: 20 }
  logEvery: 1
`;

/** Two epochs of SGD on short crops, then two of Adam on longer ones. */
const PHASES = `
extends: ./tiny.yaml
training:
  optimizer: { type: sgd, momentum: 0.9, weightDecay: 1.0e-4 }
  schedule: { type: exponential, initial: 0.02, final: 0.001, warmup: 1 epochs }
  phases:
    - { name: short, epochs: 2 }
    - { name: long, epochs: 2, cropFrames: 90, optimizer: { type: adam }, rateFactor: 0.1,
        loss: { margin: { type: constant, margin: 0.5 } } }
`;
const [BORDER, PHASE_STEPS] = [8, 16];

describe('resuming a training', () => {
  let work: string;
  let trained: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-resume-'));
    writeFileSync(join(work, 'tiny.yaml'), RECIPE);
    writeFileSync(join(work, 'phases.yaml'), PHASES);
    trained = join(work, 'tiny/train/aca-net');
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  /**
   * Trains, and sends `signal` at the first line of step `atStep` or of a later one, where an earlier signal came late.
   */
  async function train(signal?: NodeJS.Signals, atStep = 0, recipe = 'tiny', steps = STEPS) {
    const child = spawn(process.execPath, [door, 'train', '--recipe', join(work, `${recipe}.yaml`), '--work', work]);
    let stderr = '';
    let due = signal;
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
      const seen = [...stderr.matchAll(new RegExp(`  step (\\d+)/${steps}`, 'g'))].map(([, step]) => Number(step));
      if (!due || !(Math.max(...seen) >= atStep)) return;
      child.kill(due);
      due = undefined;
    });
    return new Promise<{ code: number | null; killedBy: NodeJS.Signals | null; stderr: string }>((resolve) =>
      child.on('close', (code, killedBy) => resolve({ code, killedBy, stderr })),
    );
  }

  /** Every file of the checkpoints, by name. */
  const checkpointFiles = (dir: string) =>
    Object.fromEntries(
      readdirSync(dir)
        .filter((name) => name.startsWith('step-'))
        .flatMap((name) => readdirSync(join(dir, name)).map((file) => join(name, file)))
        .map((name) => [name, readFileSync(join(dir, name), 'base64')]),
    );

  it('ends in the same bytes after SIGKILL, SIGTERM (143) and SIGINT (130), which write a checkpoint', async () => {
    const undisturbed = await train();
    assert.equal(undisturbed.code, 0, undisturbed.stderr);
    assert.match(undisturbed.stderr, new RegExp(`step ${STEPS}/${STEPS} `));
    const expected = checkpointFiles(trained);
    assert.equal(Object.keys(expected).length, 12 * 3);
    renameSync(trained, join(work, 'undisturbed'));

    for (const [signal, atStep, exitCode] of [
      ['SIGKILL', 2, null],
      ['SIGTERM', 6, 143],
      ['SIGKILL', 14, null],
      ['SIGINT', 18, 130],
    ] as const) {
      const { code, killedBy, stderr } = await train(signal, atStep);
      assert.equal(code, exitCode, stderr);
      assert.equal(killedBy, exitCode === null ? signal : null);
      if (exitCode === null) continue;
      const step = Number(/Interrupted: a checkpoint of step (\d+) is written/.exec(stderr)?.[1]);
      assert.ok(step >= atStep, stderr);
      assert.ok(existsSync(join(trained, checkpointName(step))));
    }
    const last = await train();
    assert.equal(last.code, 0, last.stderr);
    assert.match(last.stderr, /^resuming at step \d+ of ACA-Net/m);
    assert.deepEqual(checkpointFiles(trained), expected);
  });

  it('ends in the same bytes after SIGKILL before, at and after the border between two phases', async () => {
    const folder = join(work, 'phases/train/aca-net');
    const undisturbed = await train(undefined, 0, 'phases', PHASE_STEPS);
    assert.equal(undisturbed.code, 0, undisturbed.stderr);
    const expected = checkpointFiles(folder);
    assert.equal(Object.keys(expected).length, 4 * 3);
    renameSync(folder, join(work, 'phases/undisturbed'));
    for (const atStep of [BORDER - 1, BORDER, BORDER + 1]) {
      const { killedBy, stderr } = await train('SIGKILL', atStep, 'phases', PHASE_STEPS);
      assert.equal(killedBy, 'SIGKILL', stderr);
    }
    const last = await train(undefined, 0, 'phases', PHASE_STEPS);
    assert.equal(last.code, 0, last.stderr);
    assert.deepEqual(checkpointFiles(folder), expected);
  });
});
