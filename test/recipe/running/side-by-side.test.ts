/**
 * @file `--jobs`: trainings side by side end in the bytes of trainings one after another on as many threads, an
 * interruption reaches all of them, and the failure of one stops the others. As processes, from the command line.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chainsOf } from '../../../src/recipe/running/side-by-side.js';

const door = fileURLToPath(new URL('../../../../bin/acanet.js', import.meta.url));
const RECIPE = `
extends: base
corpus: { type: synth, trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 4, duration: [1, 1.5] }
development: { speakers: 2 }
systems:
  aca-net:
    model: { type: aca-net, latents: 8, embed: 16, blocks: 1, layers: 1, heads: 2, attentionMlp: 16, transformerMlp: 16 }
model: aca-net
baseline: aca-net
seeds: 3
training: { epochs: 2, batchSize: 4, cropFrames: 60, optimizer: { type: adam }, logEvery: 1 }
`;

describe('trainings side by side', () => {
  let work: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-jobs-'));
    writeFileSync(join(work, 'tiny.yaml'), RECIPE);
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  /** Trains into `folder`; `onText` sees all that has been said so far, each time that something is. */
  function train(
    folder: string,
    options: string[],
    onText: (text: string, stop: () => void) => void = () => undefined,
  ) {
    const at = ['--recipe', join(work, 'tiny.yaml'), '--work', join(work, folder)];
    const child = spawn(process.execPath, [door, 'train', ...at, '--threads', '1', ...options]);
    let stderr = '';
    child.stderr.on('data', (bytes: Buffer) => onText((stderr += bytes.toString()), () => void child.kill('SIGTERM')));
    return new Promise<{ code: number | null; stderr: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, stderr })),
    );
  }

  function weights(folder: string) {
    const trainings = join(work, folder, 'tiny/train');
    return Object.fromEntries(
      readdirSync(trainings).flatMap((run) =>
        readdirSync(join(trainings, run))
          .filter((name) => name.startsWith('step-'))
          .map((name) => [`${run}/${name}`, readFileSync(join(trainings, run, name, 'model.safetensors'), 'base64')]),
      ),
    );
  }

  it('end in the same bytes, and say that they were not alone', async function () {
    this.timeout(120_000);
    const alone = await train('alone', []);
    assert.equal(alone.code, 0, alone.stderr);
    const together = await train('together', ['--jobs', '2']);
    assert.equal(together.code, 0, together.stderr);
    assert.match(together.stderr, /^aca-net@2 \| epoch 2\/2/m);
    assert.match(together.stderr, /^3 of 3 trainings done/m);
    assert.deepEqual(weights('together'), weights('alone'));
    const done = (folder: string) =>
      JSON.parse(readFileSync(join(work, folder, 'tiny/train/aca-net@3/.done.json'), 'utf8')) as { beside?: number };
    assert.equal(done('together').beside, 2);
    assert.equal(done('alone').beside, undefined);
  });

  it('are all stopped by an interruption, with checkpoints, and go on with the same command', async function () {
    this.timeout(120_000);
    const long = ['--jobs', '2', '--set', 'training.epochs=400', '--set', 'seeds=2'];
    let sent = false;
    const { code, stderr } = await train('stopped', long, (text, stop) => {
      if (sent || !/^aca-net \| epoch 1/m.test(text) || !/^aca-net@2 \| epoch 1/m.test(text)) return;
      sent = true;
      stop();
    });
    assert.equal(code, 143, stderr);
    const checkpoints = (run: string) =>
      readdirSync(join(work, 'stopped/tiny/train', run)).filter((name) => name.startsWith('step-'));
    for (const run of ['aca-net', 'aca-net@2']) assert.ok(checkpoints(run).length > 0, `${run}: ${stderr}`);
    let resumed = '';
    await train('stopped', long, (text, stop) => {
      resumed = text;
      if (/^aca-net(@2)? \| epoch/m.test(text)) stop();
    });
    assert.match(resumed, /aca-net \| > train\/aca-net: resume/);
  });

  it('stop when one of them fails, which is named', async function () {
    this.timeout(60_000);
    mkdirSync(join(work, 'failing/tiny/train'), { recursive: true });
    writeFileSync(join(work, 'failing/tiny/train/aca-net@2'), 'a file where the folder should be');
    const { code, stderr } = await train('failing', ['--jobs', '2']);
    assert.equal(code, 1);
    assert.match(stderr, /aca-net@2: .*train\/aca-net@2/);
    assert.ok(!existsSync(join(work, 'failing/tiny/.lock')));
  });

  it('take with them what belongs to the same training, but nothing that measures time', () => {
    const plan = (stage: string, action: 'run' | 'skip' | 'if changed') => ({ stage, action, reasons: [] });
    const chains = chainsOf([
      plan('prep', 'skip'),
      plan('train/a', 'run'),
      plan('score/a', 'if changed'),
      plan('train/a@2', 'skip'),
      plan('score/a@2', 'run'),
      plan('cost/a', 'if changed'),
      plan('compare', 'if changed'),
    ]);
    assert.deepEqual([...chains], [['a', ['train/a', 'score/a']]]);
  });
});
