/** @file `acanet data` as a user meets it: one folder of audio, from import to a corpus of a recipe. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recording } from '../corpus/readers/small-corpus.js';

const door = fileURLToPath(new URL('../../../bin/acanet.js', import.meta.url));

describe('acanet data', () => {
  const data = (args: string[], { input = '', command = 'data' } = {}) =>
    spawnSync(process.execPath, [door, command, ...args], { cwd: folder, encoding: 'utf8', input });

  /** What every test finds: a manifest with its trials, its two parts, and one part as a Kaldi folder. */
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet data '));
    for (const speaker of ['anna', 'Bärbel Müller', 'carl', 'dora', 'emil', 'fred'])
      for (const n of [1, 2, 3]) recording(join(folder, 'my recordings'), `${speaker}/${n}`, { seconds: 1 + n / 10 });
    for (const args of [
      ['import', 'folder', 'my recordings', '--out', 'm.jsonl', '--trials', 't.txt'],
      ['split', 'm.jsonl', '--train', 'a.jsonl', '--test', 'b.jsonl', '--speakers', '2'],
      ['convert', 'a.jsonl', 'kaldi', '--to', 'kaldi'],
    ]) {
      const { status, stderr } = data(args);
      assert.equal(status, 0, stderr);
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('makes a manifest of a folder, which is valid', () => {
    const files = ['--out', 'made.jsonl', '--trials', 'made.txt'];
    const { status, stdout, stderr } = data(['import', 'folder', 'my recordings', ...files]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, 'made.jsonl\nmade.txt\n');
    const valid = data(['validate', 'made.jsonl', '--audio']);
    assert.equal(valid.status, 0, valid.stderr);
    assert.equal(valid.stdout, '');
    assert.match(valid.stderr, /18 utterances inspected[^]*18 lines, no problem\n$/);
  });

  it('prints problems on stdout and exits with 1', () => {
    const lines = readFileSync(join(folder, 'm.jsonl'), 'utf8').split('\n');
    const input = `\uFEFF${lines[0]}\r\n${lines[0]}\r\n`;
    const { status, stdout, stderr } = data(['validate', '-'], { input });
    assert.equal(status, 1);
    assert.match(stdout, /^standard input:2: \S+: the same id as line 1\n$/);
    assert.match(stderr, /2 lines, 1 problem\n$/);
    const json = data(['validate', '-', '--json'], { input });
    assert.equal((JSON.parse(json.stdout) as { problems: object[] }).problems.length, 1);
  });

  it('mends a manifest and accounts for every line', () => {
    const [first] = readFileSync(join(folder, 'm.jsonl'), 'utf8').split('\n');
    const long = { ...(JSON.parse(first) as object), id: 'long', duration: 99 };
    const gone = { ...(JSON.parse(first) as object), id: 'gone', path: 'gone.wav' };
    writeFileSync(join(folder, 'bad.jsonl'), [first, first, JSON.stringify(long), JSON.stringify(gone)].join('\r\n'));
    const refused = data(['fix', 'bad.jsonl', '--out', 'fixed.jsonl']);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /Nothing was written/);
    assert.ok(!existsSync(join(folder, 'fixed.jsonl')));
    const { status, stdout, stderr } = data(['fix', 'bad.jsonl', '--out', 'fixed.jsonl', '--drop-unreadable']);
    assert.equal(status, 0, stderr);
    assert.equal(stdout.split('\n').length, 5); // one repeated, one trimmed, a path made absolute, one dropped
    assert.match(stderr, /4 lines = 2 kept \+ 1 repeated \+ 0 invalid \+ 1 unreadable/);
  });

  it('prints statistics and draws a picture', () => {
    const { status, stdout, stderr } = data(['stats', 'm.jsonl', '--picture', 'p.svg', '--title', 'Mine', '--json']);
    assert.equal(status, 0, stderr);
    const { utterances, inspection } = JSON.parse(stdout) as { utterances: number; inspection: { inspected: number } };
    assert.deepEqual([utterances, inspection.inspected], [18, 18]);
    assert.match(readFileSync(join(folder, 'p.svg'), 'utf8'), /<title id="title">Mine</);
    assert.match(data(['stats', 'm.jsonl', '--no-audio']).stdout, /^split +speakers[^]*seconds an utterance +1\.10/);
  });

  it('splits, converts and finds copies', () => {
    const parts = ['--train', 'part.jsonl', '--test', 'rest.jsonl'];
    const split = data(['split', 'm.jsonl', ...parts, '--speakers', '2', '--json']);
    assert.equal(split.status, 0, split.stderr);
    assert.deepEqual((JSON.parse(split.stdout) as { files: string[] }).files, ['part.jsonl', 'rest.jsonl']);
    const kaldi = data(['convert', 'part.jsonl', 'converted', '--to', 'kaldi']);
    assert.equal(kaldi.status, 0, kaldi.stderr);
    assert.ok(existsSync(join(folder, 'converted/wav.scp')));
    writeFileSync(join(folder, 'foreign.txt'), 'anna nobody target\nanna nowhere nontarget\n');
    const foreign = data(['convert', 'm.jsonl', 'foreign', '--to', 'kaldi', '--trials', 'foreign.txt']);
    assert.equal(foreign.status, 1);
    assert.match(
      foreign.stderr,
      /foreign\.txt: 2 ids that it tests are not among the test utterances .*: nobody, nowhere/,
    );
    assert.ok(!existsSync(join(folder, 'foreign')));
    assert.equal(data(['dedup', 'm.jsonl']).status, 0);
    cpSync(join(folder, 'my recordings'), join(folder, 'twice'), { recursive: true });
    copyFileSync(join(folder, 'twice/anna/1.wav'), join(folder, 'twice/carl/copy.wav'));
    assert.equal(data(['import', 'folder', 'twice', '--out', 'twice.jsonl']).status, 0);
    const found = data(['dedup', 'twice.jsonl']);
    assert.equal(found.status, 1);
    assert.match(found.stdout, /^anna\/1 \(anna, \w+\) = carl\/copy \(carl, \w+\) {2}! speakers differ/);
  });

  it('keeps a part of a manifest, and refuses what does not say which', () => {
    const subset = (...args: string[]) => data(['subset', 'm.jsonl', '--out', 'subset.jsonl', ...args]);
    const { status, stdout, stderr } = subset('--per-speaker', 'train=1,test=2', '--speakers', '2', '--json');
    assert.equal(status, 0, stderr);
    const { utterances, of } = JSON.parse(stdout) as { utterances: number; of: number };
    assert.equal(of, 18);
    assert.equal(utterances, readFileSync(join(folder, 'subset.jsonl'), 'utf8').trim().split('\n').length);
    rmSync(join(folder, 'subset.jsonl'));
    const refusals: [args: string[], message: RegExp][] = [
      [[], /expected --per-speaker or --speakers/],
      [['--speakers', '0'], /--speakers: expected a whole number from 1, got "0"/],
      [['--speakers', 'train=x'], /--speakers train: expected a whole number/],
      [['--speakers', 'eval=2'], /expected a number, or numbers by split .* got "eval=2"/],
      [['--speakers', 'train=2,train=3'], /expected a number, or numbers by split/],
    ];
    for (const [args, message] of refusals) {
      const refused = subset(...args);
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, message);
    }
    assert.match(
      data(['subset', 'm.jsonl', '--out', 'm.jsonl', '--speakers', '2']).stderr,
      /is an input, and would be overwritten/,
    );
    assert.ok(!existsSync(join(folder, 'subset.jsonl')));
  });

  it('makes trials only where they are asked for', () => {
    for (const speaker of ['a', 'b', 'c', 'd']) recording(join(folder, 'few'), `${speaker}/1`);
    recording(join(folder, 'few'), 'a/2');
    const few = ['import', 'folder', 'few', '--out', 'few.jsonl', '--set', 'testSpeakers=[c, d]'];
    const { status, stderr } = data(few);
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /trials/);
    assert.equal(data([...few, '--trials', 'few.txt']).status, 1);
    assert.ok(!existsSync(join(folder, 'few.txt')));
  });

  it('writes no list over what it reads, but a manifest again', () => {
    const inside = ['import', 'kaldi', 'kaldi', '--set', 'testShare=0', '--out'];
    const { status, stderr } = data([...inside, 'kaldi/wav.scp']);
    assert.deepEqual([status, stderr.split('\n').length], [1, 2]);
    assert.match(stderr, /kaldi\/wav\.scp: is there already, in what is read/);
    for (let time = 0; time < 2; time++) assert.equal(data([...inside, 'kaldi/manifest.jsonl']).status, 0);
  });

  it('leaves nothing of a Kaldi folder where a split cannot be written', () => {
    const lines = readFileSync(join(folder, 'm.jsonl'), 'utf8').trim().split('\n');
    const spoilt = lines.map((line) => JSON.parse(line) as { split: string; repeats?: number });
    const wrong = spoilt.map((each) => (each.split === 'test' ? { ...each, repeats: 2 } : each));
    writeFileSync(join(folder, 'wrong.jsonl'), wrong.map((each) => JSON.stringify(each)).join('\n'));
    for (const out of ['new', 'there']) {
      if (out === 'there') mkdirSync(join(folder, out));
      const { status, stderr } = data(['convert', 'wrong.jsonl', out, '--to', 'kaldi']);
      assert.equal(status, 1);
      assert.match(stderr, /things that Kaldi's files cannot say/);
    }
    assert.ok(!existsSync(join(folder, 'new')));
    assert.deepEqual(readdirSync(join(folder, 'there')), []);
    assert.equal(data(['convert', 'm.jsonl', 'there', '--to', 'kaldi']).status, 0);
    assert.deepEqual(readdirSync(join(folder, 'there')).sort(), ['test', 'train']);
  });

  it('makes a manifest of too little for a test where none is wanted, which is no corpus of a recipe', () => {
    const one = ['import', 'folder', 'one', '--out', 'one.jsonl'];
    recording(join(folder, 'one'), 'gina/1');
    assert.match(data(one).stderr, /cannot hold out 2 of 1 speakers[^]*corpus\.testShare=0/);
    const { status, stderr } = data([...one, '--set', 'testShare=0']);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /no test speakers: all is for training[^]*train: 1 speaker, 1 utterance,/);
    const corpus = ['--set', 'corpus={type: folder, source: one, testShare: 0}', '--set', 'development.speakers=null'];
    const prepared = data(['--recipe', 'demo', '--work', 'w', ...corpus, '--set', 'development.utterances=null'], {
      command: 'prep',
    });
    assert.equal(prepared.status, 1);
    assert.doesNotMatch(prepared.stderr, /defect of acanet/);
  });

  it('runs the commands of a wav.scp only where they are allowed', () => {
    mkdirSync(join(folder, 'piped'));
    const [scp, utt2spk] = ['wav.scp', 'utt2spk'].map((file) =>
      readFileSync(join(folder, 'kaldi', file), 'utf8')
        .trimEnd()
        .split('\n'),
    );
    const command = (line: string) => line.replace(/^(\S+) (.*)$/, "$1 cat '$2' |");
    writeFileSync(join(folder, 'piped/wav.scp'), scp.map((line) => `${command(line)}\n`).join(''));
    writeFileSync(join(folder, 'piped/utt2spk'), utt2spk.map((line) => `${line}\n`).join(''));
    const refused = data(['import', 'kaldi', 'piped', '--out', 'piped.jsonl']);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /12 recordings are commands.*[^]*--allow-pipes, or --set corpus\.allowPipes=true/);
    for (const allowing of [['--allow-pipes'], ['--set', 'corpus.allowPipes=true']]) {
      const { status, stderr } = data(['import', 'kaldi', 'piped', '--out', 'piped.jsonl', ...allowing]);
      assert.equal(status, 0, stderr);
      assert.match(stderr, /12 recordings made by commands/);
    }
  });

  it('makes manifests that a recipe takes as its corpus', () => {
    const sets = [
      'corpus={type: manifest, source: a.jsonl, test: b.jsonl}',
      'features.sampleRate=8000',
      'development={speakers: null, utterances: 1, segment: 0.5}',
    ];
    const args = ['--recipe', 'demo', ...sets.flatMap((set) => ['--set', set])];
    const { status, stderr } = data(args, { command: 'prep' });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /test: 2 speakers, 6 utterances[^]*utterances inspected/);
    const { inspection } = JSON.parse(readFileSync(join(folder, 'exp/demo/prep/corpus.json'), 'utf8')) as {
      inspection: { faults: { fault: string; utterances: number }[] };
    };
    // The development pieces of half a second.
    assert.ok(inspection.faults.find(({ fault }) => fault === 'shorter than 1 s')!.utterances >= 8);
  });

  const mistakes: [title: string, args: string[], message: RegExp][] = [
    ['an unknown type', ['import', 'foldr', 'x', '--out', 'y'], /no corpus type "foldr" \(did you mean "folder"\?\)/],
    [
      'an unknown option of a corpus',
      ['import', 'folder', 'x', '--out', 'y', '--set', 'seeed=1'],
      /unknown key "seeed".*did you mean "seed"/,
    ],
    [
      'a name of digits',
      ['import', 'folder', 'my recordings', '--out', 'y', '--set', 'corpus.testSpeakers=[103]'],
      /expected a text, got 103 \(a number; a name of digits needs quotes: "103"\) → at testSpeakers\.0/,
    ],
    [
      'a name of digits with zeros',
      ['import', 'folder', 'my recordings', '--out', 'y', '--set', 'testSpeakers=[0001,0012]'],
      /a name of digits needs quotes: "0001"[^]*a name of digits needs quotes: "0012"/,
    ],
    [
      'a second source',
      ['import', 'folder', 'my recordings', '--out', 'y', '--set', 'corpus.source=x'],
      /--set source: the source is given before the options/,
    ],
    [
      'a folder for a manifest',
      ['stats', 'my recordings'],
      /expected a manifest, got a folder\nMake .* import folder "my recordings"/,
    ],
    ['a file that is not there', ['validate', 'none.jsonl'], /none\.jsonl: cannot read the manifest/],
    [
      'a name that no file can have',
      ['validate', 'a'.repeat(300)],
      /cannot read the manifest: the name is too long \(ENAMETOOLONG\)/,
    ],
    ['writing over what is read', ['fix', 'm.jsonl', '--out', './m.jsonl'], /is an input, and would be overwritten/],
    [
      'writing over a list that is read',
      ['import', 'folder', 'my recordings', '--out', 'x', '--trials', 't.txt', '--set', 'trials=t.txt'],
      /t\.txt: is an input, and would be overwritten/,
    ],
    [
      'a picture over the manifest',
      ['stats', 'm.jsonl', '--picture', 'm.jsonl'],
      /is an input, and would be overwritten/,
    ],
    ['a picture of another kind', ['stats', 'm.jsonl', '--picture', 'm.png'], /--picture m\.png: expected .* in \.svg/],
    [
      'two parts in one file',
      ['split', 'm.jsonl', '--train', 'x', '--test', './x'],
      /two things cannot be written to one file/,
    ],
    ['a split without a place', ['split', 'm.jsonl', '--train', 'x'], /expected --train FILE and --test FILE/],
    [
      'a share of more than all',
      ['split', 'm.jsonl', '--out', 'x', '--fraction', '1.5'],
      /--fraction: expected a share between 0 and 1, got "1\.5"/,
    ],
    [
      'half a speaker',
      ['split', 'm.jsonl', '--out', 'x', '--speakers', '2.5'],
      /--speakers: expected a whole number from 1/,
    ],
    ['no threads', ['stats', 'm.jsonl', '--threads', '0'], /--threads: expected a whole number from 1/],
    [
      'an unknown form',
      ['convert', 'm.jsonl', 'x', '--to', 'excel'],
      /--to: expected kaldi, csv or lhotse, got "excel"/,
    ],
    ['an unknown policy', ['dedup', 'm.jsonl', '--conflicts', 'ask'], /--conflicts: expected refuse, first, drop/],
  ];
  for (const [title, args, message] of mistakes) {
    it(`says what is wrong with ${title}, writes nothing and exits with 1`, () => {
      const { status, stdout, stderr } = data(args);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n {4}at |defect of acanet/);
      assert.deepEqual([status, stdout], [1, '']);
      assert.ok(!existsSync(join(folder, 'x')) && !existsSync(join(folder, 'y')));
    });
  }
});
