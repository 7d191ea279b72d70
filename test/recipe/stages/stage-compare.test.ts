/**
 * @file Comparisons of a recipe's systems with stand-ins for training and network: seeds, calibration, guests, claim.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { experimentSystem, scoreFileSystems } from '../../../src/recipe/comparison/guest-systems.js';
import { compareScoreFiles } from '../../../src/recipe/comparison/compare-score-files.js';
import { UserError } from '../../../src/errors.js';
import { runRecipe } from '../../../src/recipe/run-recipe.js';
import { comparingStages, type Compared } from '../../../src/recipe/comparison/chosen-systems.js';
import type { DoneRecord } from '../../../src/recipe/artifacts/control-files.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import { readResults, writeResults } from '../../../src/recipe/comparison/write-results.js';
import type { Comparison } from '../../../src/report/comparison/comparison.js';
import { recordAgain } from '../record-again.js';
import { standInLibrary } from '../stand-in-library.js';

const SMALL = [
  'corpus={trainSpeakers: 8, testSpeakers: 6, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 3, duration: [1, 1.2]}',
  'development.speakers=4',
  'features.normalize=none',
  'seeds=2',
  "claim={eer: -0.05, parameters: 0.2, source: 'a paper'}",
];

describe('stage compare', () => {
  let work: string;
  let folder: string;
  const quiet = { log: () => undefined, progress: () => undefined, library: standInLibrary() };
  const compare = async (compared: Compared = {}, sets: string[] = []): Promise<Comparison> => {
    const experiment = openExperiment({ work, recipe: 'demo', sets: [...SMALL, ...sets], fresh: true });
    await runRecipe({ ...quiet, experiment, targets: [comparingStages(compared).compare], compared });
    return JSON.parse(
      readFileSync(join(folder, comparingStages(compared).compare, 'compare.json'), 'utf8'),
    ) as Comparison;
  };
  const scoresOf = (name: string) => join(folder, 'score', name, 'scores.txt');
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-compare-'));
    folder = join(work, 'demo');
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  it('has all seeds of each system, with what they cost', async () => {
    const { systems, verdicts, bootstrap, notes, trialsHash } = await compare();
    assert.deepEqual(
      systems.map(({ name, runs }) => [name, ...runs.map((run) => `${run.name} ${run.seed}`)]),
      [
        ['aca-net', 'aca-net 1', 'aca-net@2 2'],
        ['ecapa-tdnn', 'ecapa-tdnn 1', 'ecapa-tdnn@2 2'],
      ],
    );
    const [{ extraction, realTimeFactor, parameters, backend, runs }] = systems;
    assert.deepEqual([realTimeFactor, extraction?.lengths[0].peakBytes, backend], [0.01, 1e8, 'cosine']);
    assert.ok(parameters! > 1000 && runs[1].training!.seconds >= 0 && runs[1].training!.machine);
    assert.equal(bootstrap?.speakers, 6);
    assert.match(verdicts[0].headline, /aca-net .* ecapa-tdnn/);
    assert.match(verdicts[0].claim!.sentence, /^The claim of a paper, 5 % fewer errors with 0\.20× the parameters: /);
    assert.match(
      notes.join('\n'),
      /Each model is the average of checkpoints of one training \(last\): aca-net 1, ecapa-tdnn 1\./,
    );
    assert.match(trialsHash!, /^[0-9a-f]{64}$/);
  });

  it('calibrates each run on the development trials', async () => {
    const { systems, differences } = await compare();
    for (const { runs } of systems) for (const { cllr, minCllr } of runs) assert.ok(cllr! >= minCllr - 1e-9);
    assert.ok(differences['aca-net'].cllr);
  });

  it('goes on without calibration where the development trials teach nothing, and says why', async () => {
    const list = join(folder, 'prep', 'dev-trials.txt');
    const before = readFileSync(list, 'utf8');
    const again = () => rmSync(join(folder, 'calibrate'), { recursive: true });
    writeFileSync(list, before.replace(/.* target\n/g, ''));
    recordAgain(join(folder, 'prep'));
    again();
    const { systems, notes } = await compare();
    assert.deepEqual([systems[0].cllr, systems[0].figures?.cllr], [undefined, undefined]);
    assert.match(notes.join('\n'), /aca-net, ecapa-tdnn: no actDCF and Cllr, as the recipe has 0 target among \d+/);
    writeFileSync(list, before);
    recordAgain(join(folder, 'prep'));
    again();
  });

  it('takes scores from anywhere beside its own, one of which may be the baseline', async () => {
    await compare();
    const guests = scoreFileSystems([`theirs=${scoresOf('aca-net')}`, `theirs@2=${scoresOf('aca-net@2')}`]);
    const { systems, relative, baseline, verdicts } = await compare({ names: ['aca-net'], baseline: 'theirs', guests });
    assert.equal(baseline, 'theirs');
    assert.deepEqual([relative['aca-net'].eer, systems[1].eer], [0, systems[0].eer]);
    assert.deepEqual(
      systems[1].runs.map(({ name, seed }) => [name, seed]),
      [
        ['theirs', undefined],
        ['theirs@2', 2],
      ],
    );
    assert.equal(systems[1].parameters, undefined);
    assert.equal(verdicts[0].claim, undefined, 'the claim is about another baseline');
  });

  it('knows other scores from elsewhere by what the file holds, not by its size and date', async () => {
    await compare();
    const path = join(work, 'theirs.txt');
    const written = readFileSync(scoresOf('aca-net'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    /** The scores times a sign, in files of one length and date. */
    const write = (sign: 1 | -1) => {
      const number = (score: string) => `${sign * Number(score) < 0 ? '-' : '+'}${Math.abs(Number(score)).toFixed(9)}`;
      writeFileSync(path, written.map(([enroll, test, score]) => `${enroll} ${test} ${number(score)}\n`).join(''));
      utimesSync(path, 1000, 1000);
      const { size, mtimeMs } = statSync(path);
      return { size, mtimeMs };
    };
    const before = write(1);
    const theirs = { names: ['aca-net'], baseline: 'theirs', guests: scoreFileSystems([`theirs=${path}`]) };
    const same = await compare(theirs);
    assert.ok(Math.abs(same.systems[1].eer - same.systems[0].eer) < 1e-9);
    assert.deepEqual(write(-1), before);
    const other = await compare(theirs);
    assert.ok(Math.abs(other.systems[1].eer - (1 - same.systems[1].eer)) < 1e-9);
    assert.equal(other.systems[1].actDcf, undefined);
    const calibrated = scoreFileSystems([`theirs=${path}`], { calibrated: true });
    assert.notEqual((await compare({ ...theirs, guests: calibrated })).systems[1].actDcf, undefined);
  });

  it('takes a system of another experiment with all its seeds, and refuses one scored on other trials', async () => {
    await compare();
    const other = join(work, 'other');
    cpSync(folder, other, { recursive: true });
    const guest = experimentSystem(join(other, 'score', 'aca-net'), ['aca-net', 'ecapa-tdnn']);
    assert.equal(guest.name, 'other/aca-net');
    const { systems } = await compare({ guests: [guest] });
    assert.deepEqual([systems[2].runs.length, systems[2].runs[0].seed], [2, 1]);
    assert.equal(systems[2].realTimeFactor, 0.01);
    const list = join(other, 'prep', 'trials.txt');
    const lines = readFileSync(list, 'utf8').trim().split('\n');
    const relabelled = / target$/.test(lines[0])
      ? lines[0].replace(/target$/, 'nontarget')
      : lines[0].replace(/nontarget$/, 'target');
    writeFileSync(list, [...lines.slice(2), relabelled].reverse().join('\n'));
    recordAgain(join(other, 'prep'));
    await assert.rejects(
      compare({ guests: [guest] }),
      /other\/prep\/trials\.txt \(fingerprint [0-9a-f]{12}\) has other trials than .*\n1 of \d+ pairs are not there: .*\n1 pairs have the other label: /,
    );
    writeFileSync(list, lines.reverse().join('\n'));
    recordAgain(join(other, 'prep'));
    await compare({ guests: [guest] }); // another order is the same list
  });

  it('takes of another experiment only what belongs together', async () => {
    await compare();
    const other = join(work, 'apart');
    const scored = join(other, 'score', 'aca-net');
    const copy = () => {
      rmSync(other, { recursive: true, force: true });
      cpSync(folder, other, { recursive: true });
    };
    const change = (stage: string, edit: (done: DoneRecord) => DoneRecord) => {
      copy();
      recordAgain(join(other, stage), edit);
    };
    change('train/aca-net@2', (done) => ({
      ...done,
      input: { ...done.input, needs: { ...done.input.needs, 'prep:training': 'of other speakers' } },
    }));
    assert.throws(() => experimentSystem(scored, []), /stage train had other settings or data \(prep:training\)\n/);
    change('score/aca-net@2', (done) => ({
      ...done,
      input: { ...done.input, settings: { scoring: { type: 'plda' } } },
    }));
    assert.throws(
      () => experimentSystem(scored, []),
      /aca-net and aca-net@2 are not seeds of one system: stage score had other settings or data \(scoring\)\n/,
    );
    change('embed/aca-net', (done) => ({ ...done, outputHash: 'another' }));
    assert.throws(() => experimentSystem(scored, []), /score\/aca-net is out of date, as embed\/aca-net gave another/);

    // Scored anew since they were calibrated: no ratios rather than those of other scores.
    change('score/aca-net', (done) => ({ ...done, outputHash: 'another' }));
    const trials = join(other, 'prep', 'trials.txt');
    const { systems, notes } = await compareScoreFiles({ systems: [experimentSystem(scored, [])], trials });
    assert.equal(systems[0].cllr, undefined);
    assert.match(notes.join('\n'), /aca-net: no actDCF and Cllr, as calibration has not been learned again/);
    writeFileSync(join(other, 'score', 'aca-net', '.done.json'), '{damaged');
    assert.throws(
      () => experimentSystem(scored, []),
      (error) => error instanceof UserError && /score\/aca-net\/\.done\.json: damaged/.test(error.message),
    );

    rmSync(join(other, 'prep', 'corpus.json'));
    assert.throws(() => experimentSystem(scored, []), /corpus\.json is not there; is the experiment complete\?$/);
  });

  it('compares files without a recipe, and refuses those that miss trials', async () => {
    await compare();
    const trials = join(folder, 'prep', 'trials.txt');
    const manifest = join(folder, 'prep', 'manifest.jsonl');
    const systems = scoreFileSystems([`a=${scoresOf('aca-net')}`, `b=${scoresOf('ecapa-tdnn')}`]);
    const options = { systems, trials, manifest, baseline: 'b', resamples: 20, out: join(work, 'out') };
    const { differences, bootstrap } = await compareScoreFiles(options);
    assert.deepEqual([bootstrap?.resamples, Object.keys(differences)], [20, ['a']]);
    assert.match(
      readFileSync(join(work, 'out', 'compare.txt'), 'utf8'),
      / whether a differs from b: |a is (better|worse) than b here: /,
    );
    const { noIntervals } = await compareScoreFiles({ ...options, manifest: undefined });
    assert.match(noIntervals!, /name --manifest FILE or --speakers FILE$/);
    await assert.rejects(compareScoreFiles({ ...options, baseline: undefined }), /which of a, b is the baseline\?/);
    await assert.rejects(compareScoreFiles({ ...options, baseline: 'c' }), /"c" is not among the systems: a, b/);
    const short = join(work, 'short.txt');
    writeFileSync(short, readFileSync(scoresOf('aca-net'), 'utf8').split('\n').slice(3).join('\n'));
    const missing = scoreFileSystems([`a=${short}`]);
    await assert.rejects(
      compareScoreFiles({ systems: missing, trials }),
      /short\.txt: 3 of \d+ trials have no score: /,
    );
  });

  it('has actDCF and Cllr of files that are said to be calibrated', async () => {
    await compare();
    const systems = scoreFileSystems([`a=${scoresOf('aca-net')}`], { calibrated: true });
    const { systems: compared } = await compareScoreFiles({ systems, trials: join(folder, 'prep', 'trials.txt') });
    assert.ok(compared[0].cllr! > 0);
  });

  it('refuses score files that are named wrongly', async () => {
    await compare();
    const path = scoresOf('aca-net');
    const cases: [string[], RegExp][] = [
      [[path], /--scores .*: expected NAME=FILE, or NAME@SEED=FILE/],
      [[`a@x=${path}`], /expected NAME=FILE/],
      [['a=/not/there'], /\/not\/there: no such file/],
      [[`a@2=${path}`, `a@2=${path}`], /a@2 is named twice/],
    ];
    for (const [given, message] of cases) assert.throws(() => scoreFileSystems(given), message);
    assert.throws(() => experimentSystem(join(folder, 'score'), []), /expected a folder EXPERIMENT\/score\/SYSTEM/);
  });

  it('writes the comparison into a file of results, the same the second time', async () => {
    const comparison = await compare();
    const path = join(work, 'RESULTS.md');
    writeFileSync(path, '# Results\n');
    const write = () => {
      writeResults({ comparison, path, name: 'demo', title: 'Voices', command: 'acanet compare --recipe demo' });
      return readFileSync(path, 'utf8');
    };
    const text = write();
    assert.match(text, /^# Results\n\n<!-- acanet: demo -->\n## Voices\n\n {4}acanet compare --recipe demo\n/);
    assert.match(text, /\| by seed +\|/);
    assert.ok(!text.includes(work), 'no path of this machine');
    assert.equal(write(), text);
    assert.throws(() => readResults(work), /cannot be read as a file of results: expected a file, got a folder/);
    writeFileSync(path, 'text\n<!-- acanet: demo -->\n');
    assert.throws(() => readResults(path), /RESULTS\.md:2: expected <!-- \/acanet -->/);
  });
});
