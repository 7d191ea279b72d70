/**
 * @file `--executor command`: jobs by a command of the user's, here a stand-in for Kaldi's `queue.pl` and plain `sh`. They
 * end in the bytes of this machine, also where the time of one ends early.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { skip } from '../../skip.js';
import { readScp, readVector } from '../../../src/storage/kaldi-archive.js';
import { commandExecutor } from '../../../src/recipe/executors/command.js';
import { recording } from '../../corpus/readers/small-corpus.js';
import { TINY_RECIPE } from './tiny-recipe.js';

const door = fileURLToPath(new URL('../../../../bin/acanet.js', import.meta.url));

/** `queue.pl JOB=1:N LOG COMMAND…`: one after another, JOB in log and command replaced, as Kaldi's does. */
const QUEUE = `#!/bin/sh
last=\${1#JOB=1:}
shift
status=0
for job in $(seq "$last"); do
  line=
  for word do line="$line '$(printf %s "$word" | sed "s/\\bJOB\\b/$job/g")'"; done
  eval "set -- $line -- \\"\\$@\\""
  log=$1; shift
  command=
  while [ "$1" != -- ]; do command="$command '$1'"; shift; done
  shift
  eval "$command" >> "$log" 2>&1 || status=1
done
exit $status
`;

describe('jobs by a command', () => {
  let folder: string;
  before(async function () {
    if (process.platform === 'win32') skip(this, 'the commands are of a POSIX shell');
    folder = mkdtempSync(join(tmpdir(), 'acanet-command-'));
    writeFileSync(join(folder, 'queue.pl'), QUEUE, { mode: 0o755 });
    writeFileSync(join(folder, 'tiny.yaml'), TINY_RECIPE);
    const here = await acanet(['average', ...train('here').slice(1)]);
    assert.equal(here.code, 0, here.stderr);
  });
  after(() => rmSync(folder ?? '', { recursive: true, force: true }));

  function acanet(args: readonly string[], onText: (text: string, stop: () => void) => void = () => undefined) {
    const child = spawn(process.execPath, [door, ...args], { cwd: folder });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => onText((stderr += bytes.toString()), () => child.kill('SIGINT')));
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, stdout, stderr })),
    );
  }
  const train = (work: string, ...options: string[]) => [
    ...['train', '--recipe', './tiny.yaml', '--work', work, '--threads', '1', '--set', 'training.epochs=8', ...options],
  ];
  const by = (command: string) => ['--executor', 'command', '--set', `executor.command=${JSON.stringify(command)}`];
  const weights = (work: string, run: string) => {
    const training = join(folder, work, 'tiny/train', run);
    const steps = readdirSync(training).filter((name) => name.startsWith('step-'));
    return steps.map((name) => [name, readFileSync(join(training, name, 'model.safetensors'), 'base64')]);
  };

  it('end in the bytes of this machine, and are begun again where their time has ended', async () => {
    let told = false;
    const there = await acanet(train('there', ...by('sh SCRIPT JOB'), '--set', 'executor.atOnce=1'), (text) => {
      if (told || !/train aca-net \| epoch 1/.test(text)) return;
      told = true;
      const lock = readFileSync(join(folder, 'there/tiny/jobs/locks/aca-net.lock'), 'utf8');
      process.kill((JSON.parse(lock) as { pid: number }).pid, 'SIGUSR2');
    });
    assert.equal(there.code, 0, there.stderr);
    assert.match(there.stderr, /train aca-net \| the time of this job ends: a checkpoint is written\n/);
    assert.match(there.stderr, /train aca-net \| > train\/aca-net: resuming/);
    for (const run of ['aca-net', 'aca-net@2']) assert.deepEqual(weights('there', run), weights('here', run));
    assert.ok(!existsSync(join(folder, 'there/tiny/jobs/open.json')));
  });

  it('are given to a command that runs arrays, which makes the features in shares', async () => {
    const queue = `${join(folder, 'queue.pl')} JOB=1:COUNT LOG SCRIPT JOB`;
    const { code, stderr } = await acanet(['features', '--recipe', './tiny.yaml', '--work', 'array', ...by(queue)]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /features 2 of 2 \| +16 utterances in 2 shards, of which 0 were there/);
    assert.match(stderr, /merge features \| +features: 48 utterances, .*4 of 4 shards were there/);
  });

  it('embed a list without a recipe, counts in as counts out, in the bytes of this machine', async () => {
    const embed = (out: string, ...options: string[]) =>
      acanet([
        ...['embed', 'here/tiny/prep/manifest.jsonl', '--model', 'here/tiny/average/aca-net', '--threads', '1'],
        ...['--out', out, ...options],
      ]);
    const inJobs = ['--set', 'executor.parts=2', '--set', 'executor.cpus=1'];
    const [here, there] = [await embed('here.ark'), await embed('all/there.scp', ...by('sh SCRIPT JOB'), ...inJobs)];
    assert.equal(here.code, 0, here.stderr);
    assert.equal(there.code, 0, there.stderr);
    assert.equal(there.stdout, 'all/there.scp\n');
    const vectors = (scp: string) => readScp(join(folder, scp)).map((entry) => [entry.key, readVector(entry)]);
    assert.deepEqual(vectors('all/there.scp'), vectors('here.scp'));
    assert.match(there.stderr, /embeddings 2 of 2 \| +24 utterances in 8 archives, of which 0 were there/);
    const again = await embed('all/there.scp', ...by('false SCRIPT JOB'), ...inJobs);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /all embeddings are there; to make them again, remove .*all\/there/);
    for (const [options, message] of [
      [['--out', 'x.ark'], /--out x\.ark: in jobs several archives are written.*\n {2}name the table: --out x\.scp/],
      [['--set', 'executor.partz=1'], /unknown key "partz" → at executor \(did you mean "parts"\?\)/],
    ] as const) {
      const refused = await embed('x.scp', ...by('sh SCRIPT JOB'), ...options);
      assert.equal(refused.code, 1, refused.stderr);
      assert.match(refused.stderr, message);
    }
  });

  it('embed a folder, or what a wav.scp names, that is given relative to the working folder', async () => {
    for (const id of ['a', 'b', 'c']) recording(join(folder, 'voices'), id);
    writeFileSync(join(folder, 'wav.scp'), 'x voices/a.wav\ny voices/b.wav\n');
    for (const [input, count] of [
      ['voices', 3],
      ['wav.scp', 2],
    ] as const) {
      const { code, stderr } = await acanet([
        ...['embed', input, '--model', 'here/tiny/average/aca-net', '--other-rates', 'resample', '--threads', '1'],
        ...['--out', `of-${input}.scp`, ...by('sh SCRIPT JOB'), '--set', 'executor.parts=2'],
      ]);
      assert.equal(code, 0, stderr);
      assert.equal(readScp(join(folder, `of-${input}.scp`)).length, count);
    }
  });

  it('go on under the command that is set now, where they were interrupted under another', async () => {
    const features = (command: string) => [
      ...['features', '--recipe', './tiny.yaml', '--work', 'changed', '--threads', '1', ...by(command)],
    ];
    const left = await acanet(features('sleep 60; sh SCRIPT JOB'), (text, stop) => {
      if (/scripts and logs are in/.test(text)) stop();
    });
    assert.equal(left.code, 130, left.stderr);
    assert.ok(existsSync(join(folder, 'changed/tiny/jobs/open.json')));
    const { code, stderr } = await acanet(features('sh SCRIPT JOB'));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /jobs\/002/);
  });

  it('that fail are named with the command’s status, and nothing after them begins', async () => {
    const { code, stderr } = await acanet(['features', '--recipe', './tiny.yaml', '--work', 'failing', ...by('false SCRIPT JOB')]); // prettier-ignore
    assert.equal(code, 1);
    assert.match(stderr, /✖ probe: its command ended with status 1 before it was done\n/);
    assert.match(stderr, /of 5 parts 0 are done, 1 failed, 4 could not begin/);
  });

  for (const [command, message] of [
    [
      undefined,
      /--executor command: no command is set\n {2}set executor\.command, such as 'queue\.pl JOB=1:COUNT LOG SCRIPT JOB'/,
    ],
    ['qsub -t 1-COUNT', /executor\.command: expected SCRIPT in it, got "qsub -t 1-COUNT"/],
    ['qsub SCRIPT', /executor\.command: expected JOB or COUNT in it/],
    ['qsub -P ACCOUNT SCRIPT JOB', /executor\.command: ACCOUNT is in it, so set executor\.account \(for prep\)/],
  ] as const) {
    it(`need a command that can run them: ${command ?? 'none'}`, () =>
      assert.rejects(commandExecutor({ type: 'command', command }).check('', { log: assert.fail }), message));
  }
});
