/** @file The command line as a user meets it: help, mistakes, exit codes, pipes, signals. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recording } from '../corpus/readers/small-corpus.js';
import { skip } from '../skip.js';

const door = fileURLToPath(new URL('../../../bin/acanet.js', import.meta.url));
const TINY = [
  'corpus={trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 4, duration: [1, 1.2]}',
  'development.speakers=2',
].flatMap((set) => ['--set', set]);

describe('command line', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-cli-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const acanet = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [door, ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ACANET_RECIPE: '' },
    });
    return { status, stdout, stderr };
  };

  it('ends every help with an example', () => {
    const commands = [...acanet('--help').stdout.matchAll(/^ {2}([a-z]+) .*\[options\]/gm)].map(([, name]) => name);
    assert.ok(commands.length >= 25, commands.join());
    for (const command of [[], ...commands.map((name) => [name]), ['features', 'extract']]) {
      const { status, stdout } = acanet(...command, '--help');
      assert.equal(status, 0, command.join(' '));
      assert.match(stdout, /Examples?.*:\n( {2}\$ acanet .+\n)+$/, command.join(' '));
    }
  });

  it('gives the help of all commands as the help of help', () => {
    const { status, stdout } = acanet('help', 'help');
    assert.equal(status, 0);
    assert.equal(stdout, acanet('--help').stdout);
  });

  const mistakes: [title: string, args: string[], message: RegExp][] = [
    ['an unknown command', ['trian'], /^✖ unknown command 'trian'\n\(Did you mean train\?\)/],
    ['the help of an unknown command', ['help', 'trian'], /^✖ unknown command 'trian'\n\(Did you mean train\?\)/],
    ['an unknown command of a group', ['data', 'imprt', '--help'], /^✖ unknown command 'imprt'\n\(Did you mean import/],
    [
      'two ways to choose checkpoints',
      ['average', '--recipe', 'demo', '--last', '2', '--best', '2'],
      /^✖ option '--best <n>' cannot be used with option '--last <n>'\n$/,
    ],
    [
      'more checkpoints than there are',
      ['average', '--recipe', 'demo', '--last', '99'],
      /^✖ expected at most the 3 checkpoints .* got 99 → at average\.last\n {2}--set average\.last=99\n$/,
    ],
    ['no number of checkpoints', ['average', '--recipe', 'demo', '--last', 'x'], /^✖ --last: expected a whole number/],
    ['an unknown option', ['train', '--recip', 'demo'], /^✖ unknown option '--recip'\n\(Did you mean --recipe\?\)/],
    [
      'an output that cannot be written, before the work',
      ['compare', '--recipe', 'demo', '--results', '/dev/null/RESULTS.md'],
      /^✖ \/dev\/null\/RESULTS\.md: a part of the path is a file, not a folder \(ENOTDIR\)\n$/,
    ],
    [
      'an option of recipes beside a list of trials',
      ['compare', '--trials', 'trials.txt', '--scores', 'a=a.txt', '--fold', 'one'],
      /^✖ --fold is of a recipe, --trials compares without one\n$/,
    ],
    [
      'labels that divide nothing',
      ['metrics', 'scores.txt', '--trials', 'trials.txt', '--labels', 'labels.csv'],
      /^✖ --labels is of parts of the trials: name a column of it with --by\n$/,
    ],
    [
      'an option of recipes where there is none',
      ['features', 'extract', 'a.wav', '--out', 'x.ark', '--set', 'features.bins=40'],
      /^✖ features extract takes no --set/,
    ],
    [
      'going on and beginning again at once',
      ['train', '--resume', '--restart'],
      /--resume goes on and --restart begins/,
    ],
    [
      'a stage that is not there',
      ['run', 'demo', '--why', '--force', 'trian'],
      /✖ --force: no stage "trian"; there are prep, /,
    ],
    ['a system against itself', ['compare', 'aca-net', '--recipe', 'demo'], /✖ aca-net cannot be compared with itself/],
    [
      'all systems and some',
      ['compare', '--all', '--only', 'aca-net'],
      /^✖ --all and --only each say what is compared/,
    ],
    [
      'a plan of more than two systems',
      ['compare', '--plan', '--all'],
      /^✖ --all does not go with --plan, which looks at two systems/,
    ],
    [
      'a plan of no change',
      ['compare', '--recipe', 'demo', '--plan', '--change', '0'],
      /^✖ --change: expected a number above -1 other than 0, got "0"/,
    ],
    [
      'a report of nothing',
      ['report', '--work', 'no where', '--recipe', 'demo'],
      /✖ no where\/demo: nothing has been compared here\n.*acanet compare baseline --recipe demo --work 'no where'\n$/,
    ],
    ['a section of no file', ['compare', '--section', 'one'], /^✖ --section goes with --results FILE\n$/],
    [
      'a section without a name',
      ['compare', '--results', 'R.md', '--section', ' '],
      /^✖ --section: expected one line\n$/,
    ],
    ['a change without a plan', ['compare', '--change', '-0.1'], /^✖ --change goes with --plan/],
    [
      'a system that is not there',
      ['compare', '--only', 'aca', '--recipe', 'demo'],
      /✖ recipe demo has no system "aca"/,
    ],
    [
      'a model folder and a recipe at once',
      ['explain', 'a.wav', '--model', './x', '--recipe', 'demo'],
      /^✖ --model and --recipe exclude each other/,
    ],
    ['two comparisons at once', ['explain', 'a.wav', '--pause', '1', '--against', 'b.wav'], /^✖ --against and --pause/],
    ['a pause of no length', ['explain', 'a.wav', '--pause', '0'], /^✖ --pause: expected seconds, above 0/],
    [
      'a model that is not made yet',
      ['explain', 'a.wav', '--recipe', 'demo'],
      /no averaged model of aca-net yet\n {2}make/,
    ],
    ['an unknown recipe', ['train', '--recipe', 'dmo'], /^✖ no recipe "dmo" \(did you mean "demo"\?\)/],
    [
      'an unknown key',
      ['run', 'demo', '--set', 'training.bacth_size=3'],
      /^✖ unknown key "bacth_size" → at training \(did you mean "batchSize"\?\)\n {2}--set training\.bacth_size=3\n$/,
    ],
    [
      'two unknown keys',
      ['run', 'demo', '--set', 'x=1', '--set', 'y=1'],
      /^✖ unknown key "x".*\n.*\n✖ unknown key "y"/,
    ],
    ['an unknown system', ['train', '--recipe', 'demo', '--model', 'aca'], /recipe demo has no system "aca"/],
    ['an unknown baseline', ['compare', 'ecapa-tdn', '--recipe', 'demo'], /\(did you mean "ecapa-tdnn"\?\)/],
    [
      'threads that are no number',
      ['run', 'demo', '--threads', 'x'],
      /^✖ --threads: expected a whole number from 1, got "x"\n$/,
    ],
    ['nothing to resume', ['train', '--recipe', 'demo', '--resume'], /no checkpoint to go on from/],
    ['lists whose place is unknown', ['prep', '--recipe', 'wsj0', '--source', '.'], /✖ corpus\.lists is not set/],
    ['the same in training', ['train', '--recipe', 'wsj0', '--source', '.'], /✖ corpus\.lists is not set/],
    [
      'a licensed corpus that is not here',
      ['train', '--recipe', 'wsj0'],
      /^✖ corpus\.source is not set: .*LDC93S6A.*\nPass --source DIR.*\n✖ corpus\.lists is not set: .*github\.com.*\nPass --lists.*\n {2}a recipe that needs no corpus: acanet run demo\n$/,
    ],
    ['two recipes', ['run', 'demo', '--recipe', 'wsj0'], /^✖ two recipes are named, demo and --recipe wsj0/],
    [
      'a list that is not there, and models and a device that are neither',
      ['score', 'nosuch.txt', '--recipe', 'demo', '--device', 'cuda', '--out', '/dev/null/x'],
      /^✖ nosuch\.txt: no such trial list.*\n.*\n✖ .*\/dev\/null\/x/,
    ],
    [
      'a device that does not work here, though prep needs none',
      ['prep', '--recipe', 'demo', '--engine', 'reference', '--device', 'webgpu'],
      /^✖ --engine reference has no device webgpu: expected cpu/,
    ],
    ['a corpus whose place is unknown', ['prep', '--recipe', 'librispeech-mini'], /✖ corpus\.source is not set/],
    [
      'scores of an odd number of files to calibrate',
      ['calibrate', 'dev.txt', '--out', 'llrs.txt'],
      /^✖ expected two score files for each system \(development scores, then those to calibrate\), got 1 files/,
    ],
    ['an impossible prior', ['threshold', 'a.txt', '--prior', '1'], /^✖ --prior: expected a number between 0 and 1/],
    ['a prior that is no number', ['calibrate', 'a', 'b', '--out', 'c', '--prior', 'x'], /^✖ --prior: .* got "x"/],
    [
      'a prior where none is used',
      ['calibrate', 'a', 'b', '--out', 'c', '--method', 'pav', '--prior', '0.5'],
      /^✖ --prior is of --method logistic/,
    ],
    [
      'a slice without a name',
      ['metrics', 'a.txt', '--by', 'gender,'],
      /expected names with commas between them, got "gender,"/,
    ],
    ['scores that are not there', ['metrics', 'none.txt'], /^✖ none\.txt: cannot read the scores/],
    ['audio that is not there', ['features', 'extract', 'none.wav', '--out', 'x.ark'], /^✖ none\.wav/],
    ['a missing option', ['import', 'x.safetensors'], /^✖ required option '--out <dir>' not specified/],
    ['a model folder that is none', ['embed', door, '--model', '.', '--out', 'x.ark'], /not a model folder/],
  ];
  for (const [title, args, message] of mistakes) {
    it(`says what is wrong with ${title}, without a stack, and exits with 1`, () => {
      const { status, stdout, stderr } = acanet(...args);
      const complaint = stderr.replace(/^recipe .*\n/, '');
      assert.match(complaint, message);
      assert.doesNotMatch(complaint, /\n {4}at |defect of acanet/);
      assert.equal(stdout, '');
      assert.equal(status, 1);
    });
  }

  it('sends no control character of an id or a path to the terminal, and keeps files and pipes exact', () => {
    const id = 'a\u001b[2J\u009b\u202ex';
    writeFileSync(join(folder, 'hostile.txt'), `${id} b target\n${id} b\n`);
    const refused = acanet('trials', 'check', 'hostile.txt');
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /hostile\.txt:2: /);
    for (const { stderr } of [refused, acanet('metrics', id), acanet(id), acanet('train', `--${id}`)]) {
      assert.match(stderr, /a\\u001b\[2J\\u009b\\u202ex/);
      for (const raw of ['\u001b', '\u009b', '\u202e']) assert.ok(!stderr.includes(raw));
    }
    writeFileSync(join(folder, 'hostile.txt'), `${id} b target\nc b nontarget\n`);
    assert.equal(acanet('trials', 'convert', 'hostile.txt', '--to', 'kaldi').stdout, `${id} b target\nc b nontarget\n`);
  });

  it('keeps comparisons of different sections in one file, and writes each in its place', () => {
    const pairs = ['a b', 'c d', 'e f', 'g h'];
    writeFileSync(
      join(folder, 'pairs.txt'),
      pairs.map((pair, i) => `${pair} ${i % 2 ? 'nontarget' : 'target'}\n`).join(''),
    );
    for (const name of ['one', 'two']) {
      writeFileSync(join(folder, `${name}.txt`), pairs.map((pair, i) => `${pair} ${(i * 7) % 5}\n`).join(''));
    }
    const systems = [
      '--scores',
      'one=one.txt',
      '--scores',
      'two=two.txt',
      '--trials',
      'pairs.txt',
      '--baseline',
      'one',
    ];
    for (const section of ['first', 'second', 'first']) {
      const { status, stderr } = acanet('compare', ...systems, '--results', 'sections.md', '--section', section);
      assert.equal(status, 0, stderr);
    }
    const marks = readFileSync(join(folder, 'sections.md'), 'utf8').match(/<!-- acanet: .* -->/g);
    assert.deepEqual(marks, ['<!-- acanet: first -->', '<!-- acanet: second -->']);
  });

  it('says what few open files stand in the way of, and exits with 1', function () {
    if (!existsSync('/proc/self/limits')) skip(this, 'no /proc to know the limit from');
    const run = 'ulimit -n 64 && exec "$0" "$@"';
    const { status, stderr } = spawnSync('sh', ['-c', run, process.execPath, door, 'doctor'], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /^✖ acanet may have only 64 files open here, and needs \d+\n.*ulimit -n 1024\n$/);
  });

  it('prints data on stdout and talk on stderr, and remembers the recipe and its overrides', () => {
    const prep = acanet('prep', '--recipe', 'demo', ...TINY, '--json');
    assert.equal(prep.status, 0, prep.stderr);
    assert.equal((JSON.parse(prep.stdout) as { corpus: string }).corpus, 'synth');
    const features = acanet('features');
    assert.equal(features.status, 0, features.stderr);
    assert.equal(features.stdout, 'exp/demo/features\n');
    assert.match(
      features.stderr,
      / {2}as set before: --set corpus=\{.*\} --set development\.speakers=2 \(--fresh forgets\)/,
    );
    assert.match(features.stderr, /= prep: up to date/);
    const why = acanet('run', '--why', '--json', ...TINY);
    const plan = JSON.parse(why.stdout) as { stage: string; action: string }[];
    assert.deepEqual(
      plan.slice(0, 3).map(({ action }) => action),
      ['skip', 'skip', 'run'],
    );
  });

  it('gives the figures of a score file as fractions', () => {
    writeFileSync(join(folder, 'scores.txt'), 'a b 0.9 target\na c 0.8 nontarget\na d 0.7 target\na e 0.1 nontarget\n');
    const { status, stdout } = acanet('metrics', 'scores.txt', '--json');
    assert.equal(status, 0);
    assert.equal((JSON.parse(stdout) as { eer: number }).eer, 0.5);
    assert.match(acanet('metrics', 'scores.txt').stdout, /EER 50\.00 %/);
  });

  it('extracts features of audio files, one record a file', () => {
    const paths = ['one', 'two'].map((id) => recording(join(folder, 'speech'), id).path);
    const { status, stdout, stderr } = acanet(
      'features',
      'extract',
      ...paths,
      '--out',
      'x.ark',
      '--normalize',
      'mean',
      '--json',
    );
    assert.equal(status, 0, stderr);
    assert.equal((JSON.parse(stdout) as { records: number }).records, 2);
    assert.ok(existsSync(join(folder, 'x.scp')));
  });

  it('ends quietly when its reader goes away', async () => {
    const child = spawn(process.execPath, [door, 'run', 'demo', '--why', '--json'], { cwd: folder });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const status = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(status, 0);
    assert.doesNotMatch(stderr, /EPIPE|defect/);
  });

  it('says so when its output cannot be written', function () {
    if (!existsSync('/dev/full')) skip(this, 'no /dev/full here');
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [door, 'run', 'demo', '--why'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    assert.equal(status, 1);
    assert.match(stderr, /✖ the output cannot be written: the disk is full.*\n$/);
  });

  it('stops at SIGINT and SIGTERM with 130 and 143, and leaves no lock', async () => {
    for (const [signal, expected] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const work = join(folder, signal);
      const child = spawn(process.execPath, [door, 'prep', '--recipe', 'demo', '--work', work], { cwd: folder });
      let stderr = '';
      child.stderr.on('data', (text: Buffer) => {
        stderr += text.toString();
        if (/> prep: run/.test(stderr)) child.kill(signal);
      });
      const status = await new Promise((resolve) => child.on('close', resolve));
      assert.equal(status, expected, stderr);
      // A stage of audio that starts over: there is nothing to go on from.
      assert.match(stderr, new RegExp(`✖ stopped by ${signal}\\n$`));
      assert.ok(!existsSync(join(work, 'demo/.lock')));
    }
  });
});
