/**
 * @file `--executor slurm` on a real Slurm of two virtual nodes: the bytes of a run on this machine, and nothing lost
 * when a job, or the command that submitted it, is killed.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { skip } from '../../skip.js';
import { door, startCluster, type Cluster } from './slurm-cluster.js';

describe('jobs of Slurm', () => {
  let cluster: Cluster;
  before(async function () {
    cluster = startCluster(this);
    const here = await cluster.acanet(train('here'));
    assert.equal(here.code, 0, here.stderr);
  });
  after(() => cluster?.stop());

  const train = (folder: string, ...options: string[]) => [
    ...['train', '--recipe', './tiny.yaml', '--work', folder, '--threads', '1', ...options],
  ];
  const onSlurm = ['--executor', 'slurm'];
  const inWork = (...path: string[]) => join(cluster.folder, ...path);
  /** Trainings that nobody waits for the end of. */
  const LONG = [...onSlurm, '--set', 'training.epochs=4000'];
  /** A work folder whose features are made. */
  const withFeatures = (folder: string) => {
    cpSync(inWork('here'), inWork(folder), { recursive: true });
    rmSync(inWork(folder, 'tiny/train'), { recursive: true });
  };
  const trainingsBegan = (text: string) => /aca-net \| epoch 1\//.test(text) && /aca-net@2 \| epoch 1\//.test(text);
  const queue = () => cluster.slurm('squeue', '--noheader', '--array', '--format=%i %T %N').split('\n').filter(Boolean);
  const gone = async () => {
    while (queue().length > 0) await sleep(100);
  };

  function weights(folder: string) {
    const trainings = inWork(folder, 'tiny/train');
    return Object.fromEntries(
      readdirSync(trainings).flatMap((run) =>
        readdirSync(join(trainings, run))
          .filter((name) => name.startsWith('step-'))
          .flatMap((name) =>
            ['model', 'optimizer'].map((file) => [
              `${run}/${name}/${file}`,
              readFileSync(join(trainings, run, name, `${file}.safetensors`), 'base64'),
            ]),
          ),
      ),
    );
  }
  const outcome = (folder: string, file: string) =>
    JSON.parse(readFileSync(inWork(folder, 'tiny/jobs/001', file), 'utf8')) as { outcome: string; node: string };

  it('end in the bytes of this machine, on both nodes, and leave nothing to do', async () => {
    const there = await cluster.acanet(train('there', ...onSlurm));
    assert.equal(there.code, 0, there.stderr);
    assert.deepEqual(weights('there'), weights('here'));
    assert.match(there.stderr, /^submitted: probe \d+, prep \d+, features \d+ \(2\), merge \d+, train \d+ \(2\); /m);
    assert.match(there.stderr, /^2 of 2 trainings done$/m);
    const nodes = ['train.1.json', 'train.2.json'].map((file) => outcome('there', file));
    assert.deepEqual(nodes.map((each) => each.outcome), ['done', 'done']); // prettier-ignore
    assert.deepEqual(nodes.map(({ node }) => node).sort(), ['n1', 'n2']);
    assert.ok(!existsSync(inWork('there/tiny/jobs/open.json')));
    assert.deepEqual(readdirSync(inWork('there/tiny/jobs/locks')), []);
    const again = await cluster.acanet(train('there', ...onSlurm));
    assert.equal(again.code, 0, again.stderr);
    assert.doesNotMatch(again.stderr, /submitted/);
  });

  it('go on without the command that submitted them, keep others out, and are cancelled on request', async () => {
    let sent = false;
    withFeatures('left');
    const left = await cluster.acanet(train('left', ...LONG), (text, kill) => {
      if (!sent && trainingsBegan(text)) kill('SIGINT');
      sent ||= trainingsBegan(text);
    });
    assert.equal(left.code, 130, left.stderr);
    assert.match(
      left.stderr,
      /the jobs go on without this command.*\n.*acanet run --cancel --recipe tiny\.yaml --work left\n/,
    );
    assert.equal(queue().length, 2);
    const refused = await cluster.acanet(train('left', '--executor', 'local'));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /jobs \d+ of Slurm work in this folder\n.*--executor slurm/);
    const other = await cluster.acanet(train('left', ...onSlurm, '--set', 'training.epochs=3'));
    assert.equal(other.code, 1);
    assert.match(other.stderr, /jobs of submission 001 work in this folder, for another command/);

    const killed = await cluster.acanet(train('left', ...LONG), (text, kill) => {
      if (/aca-net \| epoch/.test(text)) kill('SIGKILL');
    });
    assert.match(killed.stderr, /attached to submission 001/);
    const cancelled = await cluster.acanet(['run', './tiny.yaml', '--work', 'left', '--cancel']);
    assert.match(cancelled.stderr, /^cancelled: jobs \d+$/m);
    await gone();
    assert.equal(outcome('left', 'train.1.json').outcome, 'stopped');
    const checkpoints = readdirSync(inWork('left/tiny/train/aca-net')).filter((name) => name.startsWith('step-'));
    assert.ok(checkpoints.length > 0);
  });

  it('that are killed are named, and done again alone', async () => {
    let killed = false;
    withFeatures('killed');
    const failed = await cluster.acanet(train('killed', ...LONG), (text) => {
      if (killed || !trainingsBegan(text)) return;
      killed = true;
      const [id] = /train (\d+) \(2\)/.exec(text)!.slice(1);
      const { pid } = JSON.parse(readFileSync(inWork('killed/tiny/jobs/locks/aca-net@2.lock'), 'utf8')) as {
        pid: number;
      };
      process.kill(pid, 'SIGKILL');
      // The other one goes on, and would for hours.
      cluster.slurm('scancel', `${id}_1`);
    });
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /train aca-net@2 on n[12]: it was ended from outside \(FAILED\)/);
    assert.match(failed.stderr, /train aca-net on n[12]: it was cancelled\n(.*\n)* +log: .*jobs\/001\/train\.1\.log/);
    assert.match(failed.stderr, /of 3 parts 1 are done, 2 failed; the same command does only what is not done/);
    const again = await cluster.acanet(train('killed', ...LONG), (text, kill) => {
      if (trainingsBegan(text.replaceAll(/epoch \d+/g, 'epoch 1'))) kill('SIGINT');
    });
    assert.match(again.stderr, /submitted: probe \d+, train \d+ \(2\); .*jobs\/002/);
    assert.match(again.stderr, /train aca-net@2 \| > train\/aca-net@2: resuming/);
    await cluster.acanet(['run', './tiny.yaml', '--work', 'killed', '--cancel']);
    await gone();
  });

  for (const [what, options, message] of [
    [
      'an unknown partition',
      ['executor.partition=nonsense'],
      /Invalid partition name specified.*\n {2}set executor\.partition to one of main, short, closed/,
    ],
    [
      'more CPUs than a node has',
      ['executor.cpus=64', 'engine.threads=null'],
      /Slurm (refuses the job|will not begin \w[\w ]*: PartitionConfig; the jobs are cancelled).*\n {2}ask for/,
    ],
    [
      'more time than the partition gives',
      ['executor.partition=short', 'executor.time=300'],
      /Slurm will not begin probe: Partition(TimeLimit|Config); the jobs are cancelled\n {2}ask for .*executor\.time/,
    ],
  ] as const) {
    it(`cannot have ${what}, which is said, and nothing is left in the queue`, async () => {
      const sets = options.flatMap((set) => ['--set', set]);
      const { code, stderr } = await cluster.acanet([
        'features',
        '--recipe',
        './tiny.yaml',
        '--work',
        'refused',
        ...onSlurm,
        ...sets,
      ]);
      assert.equal(code, 1, stderr);
      assert.match(stderr, message);
      await gone();
      assert.ok(!existsSync(inWork('refused/tiny/jobs/open.json')));
    });
  }

  it('that wait for a person are said to', async () => {
    const held = await cluster.acanet(
      ['features', '--recipe', './tiny.yaml', '--work', 'held', ...onSlurm, '--set', 'executor.partition=closed'],
      (text, kill) => {
        if (text.includes('is held')) kill('SIGTERM');
      },
    );
    assert.equal(held.code, 143, held.stderr);
    assert.match(held.stderr, /! probe is held \(PartitionDown\) and waits; what may help: scontrol release \d+/);
    await cluster.acanet(['run', './tiny.yaml', '--work', 'held', '--cancel']);
    await gone();
  });

  it('say that the work folder is not shared, and nothing else begins', async function () {
    const own = inWork('own');
    mkdirSync(own);
    // A file system that only the command sees.
    const mounted = `mount -t tmpfs tmpfs '${own}' && cp '${inWork('tiny.yaml')}' '${own}' && cd '${own}' && exec "$@"`;
    if (spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', own]).status !== 0)
      skip(this, 'the right to mount');
    const { status, stderr } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', mounted, 'sh', process.execPath, door, ...train('exp', ...onSlurm)],
      { encoding: 'utf8', env: cluster.environment },
    );
    assert.equal(status, 1, stderr);
    assert.match(stderr, /✖ probe on n[12]: the work folder .*own\/exp\/tiny is not there: jobs need one that all machines share\n {2}name one with --work/); // prettier-ignore
    assert.match(stderr, /of 7 parts 0 are done, 1 failed, 6 could not begin/);
    await gone();
  });

  it('that compute with another Node or acanet say so before anything runs', async () => {
    const other = inWork('other-node');
    writeFileSync(other, `#!/bin/sh\nexec '${process.execPath}' --import 'data:text/javascript,Object.defineProperty(process,"version",{value:"v1.2.3"})' "$@"\n`, { mode: 0o755 }); // prettier-ignore
    const { code, stderr } = await cluster.acanet([
      ...['features', '--recipe', './tiny.yaml', '--work', 'versions', ...onSlurm, '--set', `executor.node=${other}`],
    ]);
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      /✖ probe on n[12]: node n[12] has node v1\.2\.3 instead of v[\d.]+, so its results could differ/,
    );
    assert.match(stderr, /of 5 parts 0 are done, 1 failed, 4 could not begin/);
    const missing = await cluster.acanet([
      ...[
        'features',
        '--recipe',
        './tiny.yaml',
        '--work',
        'no-node',
        ...onSlurm,
        '--set',
        'executor.node=/opt/none/node',
      ],
    ]);
    assert.match(
      missing.stderr,
      /probe on n[12]: Node is not there: \/opt\/none\/node\n {2}say where it is with executor\.node/,
    );
  });
});
