/**
 * @file `--jobs`: trainings side by side end in the bytes of trainings one after another on as many threads, an
 * interruption reaches all of them, the failure of one stops the others, and none outlives who started it. As
 * processes, from the command line.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../../src/errors.js';
import { leftOf } from '../../../src/recipe/run-recipe.js';
import { chainsOf, describeFailure, failureOf, runSideBySide } from '../../../src/recipe/executors/side-by-side.js';
import type { Recipe } from '../../../src/recipe/definition/schema.js';
import { skip } from '../../skip.js';
import { tinyRecipe } from './tiny-recipe.js';

const door = fileURLToPath(new URL('../../../../bin/acanet.js', import.meta.url));
const RECIPE = tinyRecipe({ seeds: 3 });

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
    onText: (text: string, stop: (signal?: NodeJS.Signals) => void, pid: number) => void = () => undefined,
  ) {
    const at = ['--recipe', join(work, 'tiny.yaml'), '--work', join(work, folder)];
    const child = spawn(process.execPath, [door, 'train', ...at, '--threads', '1', ...options]);
    let stderr = '';
    child.stderr.on('data', (bytes: Buffer) =>
      onText((stderr += bytes.toString()), (signal) => void child.kill(signal), child.pid!),
    );
    return new Promise<{ code: number | null; stderr: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, stderr })),
    );
  }

  /** Two trainings that nobody waits for the end of. */
  const LONG = ['--jobs', '2', '--set', 'training.epochs=4000', '--set', 'seeds=2'];
  const bothTrain = (text: string) => /^aca-net \| epoch 1/m.test(text) && /^aca-net@2 \| epoch 1/m.test(text);

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

  it('end in the same bytes, and say that they were not alone', async () => {
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

  it('are all stopped by an interruption, with checkpoints, and go on with the same command', async () => {
    let sent = false;
    const { code, stderr } = await train('stopped', LONG, (text, stop) => {
      if (sent || !bothTrain(text)) return;
      sent = true;
      stop();
    });
    assert.equal(code, 143, stderr);
    const checkpoints = (run: string) =>
      readdirSync(join(work, 'stopped/tiny/train', run)).filter((name) => name.startsWith('step-'));
    for (const run of ['aca-net', 'aca-net@2']) assert.ok(checkpoints(run).length > 0, `${run}: ${stderr}`);
    let resumed = '';
    await train('stopped', LONG, (text, stop) => {
      resumed = text;
      if (/^aca-net(@2)? \| epoch/m.test(text)) stop();
    });
    assert.match(resumed, /aca-net \| > train\/aca-net: resuming/);
  });

  it('stop when one of them fails, which is named', async () => {
    mkdirSync(join(work, 'failing/tiny/train'), { recursive: true });
    writeFileSync(join(work, 'failing/tiny/train/aca-net@2'), 'a file where the folder should be');
    const { code, stderr } = await train('failing', ['--jobs', '2']);
    assert.equal(code, 1);
    assert.match(stderr, /aca-net@2: .*train\/aca-net@2/);
    assert.ok(!existsSync(join(work, 'failing/tiny/.lock')));
  });

  const childrenOf = (pid: number) => {
    const path = `/proc/${pid}/task/${pid}/children`;
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split(' ').map(Number) : [];
  };
  const isAlive = (pid: number) => {
    try {
      return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  };

  for (const [how, signals] of [
    ['is killed', ['SIGKILL']],
    ['is told to stop twice', ['SIGTERM', 'SIGTERM']],
  ] as const) {
    it(`end when who started them ${how}`, async function () {
      let pids: number[] = [];
      const due: NodeJS.Signals[] = [...signals];
      await train(signals.join('-'), LONG, (text, stop, pid) => {
        if (due.length === signals.length) {
          if (!bothTrain(text)) return;
          pids = childrenOf(pid);
          stop(due.shift());
        } else if (text.includes('once more stops at once')) {
          // Not before: two of one signal are one where nobody has seen the first.
          if (due.length > 0) stop(due.shift());
        }
      });
      if (pids.length === 0) skip(this, 'no /proc to know the processes from');
      assert.equal(pids.length, 2);
      while (pids.some(isAlive)) await new Promise((done) => setTimeout(done, 50));
    });
  }

  it('say which of them was killed and what may help, and stop with checkpoints', async function () {
    let pids: number[] = [];
    const { code, stderr } = await train('killed', LONG, (text, stop, pid) => {
      if (pids.length > 0 || !bothTrain(text)) return;
      pids = childrenOf(pid);
      if (pids.length > 0) process.kill(pids[0], 'SIGKILL');
      else stop();
    });
    if (pids.length === 0) skip(this, 'no /proc to know the processes from');
    assert.equal(code, 1, stderr);
    assert.match(stderr, /✖ aca-net(@2)?: its process was ended by SIGKILL.*memory.*\n.*fewer --jobs than 2/);
    const trainings = join(work, 'killed/tiny/train');
    const left = readdirSync(trainings).filter((run) =>
      readdirSync(join(trainings, run)).some((name) => name.startsWith('step-')),
    );
    assert.ok(left.length > 0, stderr);
  });

  it('make no features that only other systems have, and share threads among those that there are', async () => {
    const other = 'systems.other={model: {type: aca-net, latents: 8}, features: {preemphasis: 0.9}}';
    const { code, stderr } = await train('one', ['--model', 'aca-net', '--jobs', '8', '--seeds', '2', '--set', other]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(readdirSync(join(work, 'one/tiny')).filter((name) => name.startsWith('features')), ['features']); // prettier-ignore
    const done = readFileSync(join(work, 'one/tiny/train/aca-net@2/.done.json'), 'utf8');
    assert.equal((JSON.parse(done) as { beside?: number }).beside, 2);
  });

  it('do not begin where the command was interrupted before', async () => {
    const chains = new Map([['a', ['train/a']]]);
    const nothing = () => undefined;
    const options = {
      work: { recipe: {} as Recipe },
      workFolder: work,
      chains,
      jobs: 2,
      log: nothing,
      onFinished: nothing,
    };
    await assert.rejects(runSideBySide({ ...options, signal: AbortSignal.abort(new Error('stopped')) }), /^Error: stopped$/); // prettier-ignore
  });

  it('hand errors over as what they are: mistakes, refusals of the system, defects', () => {
    const passed = (error: unknown) =>
      failureOf('a@2', JSON.parse(JSON.stringify(describeFailure(error))) as ReturnType<typeof describeFailure>);
    const mistake = passed(new UserError('no such file', { exitCode: 3 }));
    assert.ok(mistake instanceof UserError && mistake.exitCode === 3 && mistake.message === 'a@2: no such file');
    const refused = passed(new Error("ENOSPC: no space left on device, open 'x'"));
    assert.ok(refused instanceof UserError && /^a@2: x: the disk is full.* \(ENOSPC\)$/.test(refused.message));
    const defect = passed(new TypeError('x is not a function'));
    assert.match(defect.stack!, /^a@2: TypeError: x is not a function\n.*side-by-side\.test/);
  });

  it('say how long the rest takes as those that end together do', () => {
    const cases = [
      [4, 1, 1, 3],
      [4, 3, 1, 1 / 3],
      [4, 1, 2, 1],
      [4, 2, 2, 1],
      [4, 3, 2, 0],
      [5, 2, 2, 2],
      [5, 4, 2, 1 / 2],
      [3, 3, 2, 0],
    ];
    for (const [due, done, jobs, left] of cases) {
      assert.ok(Math.abs(leftOf({ due, done, jobs }) - left) < 1e-12, `${due} ${done} ${jobs}`);
    }
  });

  it('take with them what belongs to the same training, but nothing that measures time', () => {
    const runs = ['a', 'a@2'].flatMap((ofRun) => [
      { name: `train/${ofRun}`, ofRun, trains: true },
      { name: `score/${ofRun}`, ofRun },
      { name: `cost/${ofRun}`, ofRun, timed: true },
    ]);
    const stages = [{ name: 'prep' }, ...runs, { name: 'compare' }];
    const plan = (stage: string, action: 'run' | 'skip' | 'if changed') => ({ stage, action, reasons: [] });
    const chains = chainsOf(stages, [
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
