/** @file `acanet trials` as a user meets it: what goes to which stream, exit status, files. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const door = fileURLToPath(new URL('../../../bin/acanet.js', import.meta.url));

describe('acanet trials', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-trials-'));
    const lines = Array.from({ length: 60 }, (_, index) => {
      const speaker = `s${Math.floor(index / 10)}`;
      const gender = Math.floor(index / 10) % 2 === 0 ? 'f' : 'm';
      const rest = { duration: 1 + (index % 10), sampleRate: 8000, channels: 1, corpus: 'x', split: 'test' };
      return JSON.stringify({
        id: `${speaker}/${index % 10}`,
        speaker,
        path: '/x.wav',
        gender,
        session: `d${index % 3}`,
        ...rest,
      });
    });
    writeFileSync(join(folder, 'manifest.jsonl'), `${lines.join('\n')}\n`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const acanet = (args: string[], input?: string | Buffer) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [door, 'trials', ...args], { cwd: folder, input });
    return { status, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  const contentOf = (name: string) => readFileSync(join(folder, name), 'utf8');

  it('makes lists that check finds nothing wrong with', () => {
    const made = acanet(['make', 'manifest.jsonl', '--targets', '50', '--nontargets', '100', '--enroll-utterances', '3', '--out', 'm/trials.txt', '--json']); // prettier-ignore
    assert.equal(made.status, 0, made.stderr);
    const [summary] = JSON.parse(made.stdout) as Record<string, unknown>[];
    assert.deepEqual([summary.trials, summary.targets, summary.map], [150, 50, 'm/enroll.map']);
    const checked = acanet(['check', 'm/trials.txt', '--manifest', 'manifest.jsonl', '--json']);
    assert.equal(checked.status, 0, checked.stderr);
    const report = JSON.parse(checked.stdout) as { sha256: string; findings: unknown[] };
    assert.deepEqual([report.sha256, report.findings], [summary.sha256, []]);
  });

  it('writes nothing where fewer trials exist, unless fewer will do', () => {
    const args = ['make', 'manifest.jsonl', '--targets', '300', '--nontargets', '10', '--out', 'few.txt'];
    const refused = acanet(args);
    assert.equal(refused.status, 1);
    assert.match(
      refused.stderr,
      /^✖ manifest\.jsonl: expected 300 target trials for few\.txt, found 270\nNothing was written/,
    );
    assert.equal(existsSync(join(folder, 'few.txt')), false);
    const taken = acanet([...args, '--at-most']);
    assert.equal(taken.status, 0);
    assert.match(
      taken.stderr,
      /^! expected 300 target trials for few\.txt, found 270\nnext: acanet trials check few\.txt\n$/,
    );
  });

  it('makes development lists of other speakers', () => {
    const args = [
      '--targets',
      '20',
      '--nontargets',
      '20',
      '--dev-speakers',
      '2',
      '--dev-out',
      'dev.txt',
      '--out',
      'test.txt',
    ];
    assert.equal(acanet(['make', 'manifest.jsonl', ...args]).status, 0);
    const speakersOf = (name: string) => new Set(contentOf(name).match(/\bs\d/g));
    assert.equal(speakersOf('dev.txt').size, 2);
    assert.equal([...speakersOf('dev.txt')].filter((speaker) => speakersOf('test.txt').has(speaker)).length, 0);
  });

  it('prints a list to the standard output and talks on the standard error', () => {
    const { status, stdout, stderr } = acanet(['make', 'manifest.jsonl', '--targets', '2', '--nontargets', '2']);
    assert.equal(status, 0);
    assert.match(stdout, /^(\S+ \S+ (non)?target\n){4}$/);
    assert.match(stderr, /4 trials: 2 target, 2 nontarget/);
  });

  it('converts back and forth, in order, from a packed pipe with Windows line endings', () => {
    const kaldi = 'a b target\nb a target\na b target\na c nontarget\n';
    const voxceleb = acanet(['convert', '-', '--to', 'voxceleb'], gzipSync(`\uFEFF${kaldi.replaceAll('\n', '\r\n')}`));
    assert.equal(voxceleb.stdout, '1 a b\n1 b a\n1 a b\n0 a c\n');
    assert.match(voxceleb.stderr, /^4 trials, read as "enroll test target\|nontarget", written as voxceleb\n$/);
    const csv = acanet(['convert', '-', '--to', 'csv'], voxceleb.stdout);
    assert.equal(acanet(['convert', '-', '--to', 'kaldi'], csv.stdout).stdout, kaldi);
  });

  it('ends with status 1 on errors, after showing all of them', () => {
    writeFileSync(join(folder, 'bad.txt'), 's0/1 s0/2 target\ns0/1 s1/1 target\ns0/1 s1/99 nontarget\n');
    const { status, stdout, stderr } = acanet(['check', 'bad.txt', '--manifest', 'manifest.jsonl']);
    assert.equal(status, 1);
    assert.match(stdout, /✖ 1 id is not in the manifest:\n {4}bad\.txt:3: s1\/99 \(did you mean "s1\/9"\?\)/);
    assert.match(stdout, /✖ 1 label contradicts the manifest's speakers:\n {4}bad\.txt:2: /);
    assert.match(stderr, /^✖ bad\.txt: 1 label contradicts .*; 1 id is not in the manifest\n$/);
  });

  const mistakes: [title: string, args: string[], message: RegExp][] = [
    [
      'a count that is none',
      ['make', 'manifest.jsonl', '--targets', '-3'],
      /^✖ --targets: expected a whole number from 1/,
    ],
    [
      'a split that is not there',
      ['make', 'manifest.jsonl', '--split', 'dev'],
      /no utterances of the dev split; there are test\n/,
    ],
    [
      'bands that overlap',
      ['make', 'manifest.jsonl', '--durations', '2-5,4-8'],
      /^✖ --durations: 2-5 s and 4-8 s overlap/,
    ],
    ['a map without a place', ['make', 'manifest.jsonl', '--enroll-utterances', '2'], /expected --out FILE too/],
    [
      'half of the development options',
      ['make', 'manifest.jsonl', '--dev-speakers', '2'],
      /--dev-speakers N and --dev-out FILE/,
    ],
    [
      'too many development speakers',
      ['make', 'manifest.jsonl', '--dev-speakers', '5', '--dev-out', 'd'],
      /cannot set 5 of 6/,
    ],
    [
      'writing over the input',
      ['make', 'manifest.jsonl', '--out', 'manifest.jsonl'],
      /is an input, and would be overwritten/,
    ],
    ['JSON where the list goes', ['make', 'manifest.jsonl', '--json'], /^✖ --json: expected --out FILE too/],
    ['an unknown form', ['convert', 'x', '--to', 'foo'], /Allowed choices are kaldi, voxceleb, csv/],
    ['training without a manifest', ['check', 'x', '--training', 'y'], /^✖ --training: expected --manifest FILE too/],
    [
      'a list that is not there',
      ['check', 'absent.txt'],
      /^✖ absent\.txt: cannot read the trial list: there is no such file or folder/,
    ],
  ];
  for (const [title, args, message] of mistakes) {
    it(`refuses ${title}`, () => {
      const { status, stderr } = acanet(args);
      assert.equal(status, 1);
      assert.match(stderr, message);
    });
  }
});
