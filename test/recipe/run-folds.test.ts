/** @file A recipe with folds from end to end, with training and network replaced by stand-ins. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../../src/corpus/manifest/manifest.js';
import { comparisonRecord } from '../../src/recipe/artifacts/compare.js';
import { findSpreads, planComparison, plannedList } from '../../src/recipe/comparison/plan-comparison.js';
import type { Compared } from '../../src/recipe/comparison/chosen-systems.js';
import { experimentSystem, scoreFileSystems } from '../../src/recipe/comparison/guest-systems.js';
import { readTestTrials } from '../../src/recipe/comparison/read-comparison.js';
import { checkFolder } from '../../src/recipe/examination/check-files.js';
import { runFolds } from '../../src/recipe/run-folds.js';
import { meantFolds, openExperiment } from '../../src/recipe/running/work-folder.js';
import { standInLibrary } from './stand-in-library.js';

const RECIPE = `
extends: demo
corpus: { trainSpeakers: 6, testSpeakers: 5, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 3, duration: [1, 1.2] }
development: { speakers: 2 }
features: { normalize: none }
folds:
  one: { corpus: { seed: 1 } }
  two: { corpus: { seed: 2 } }
`;

describe('a recipe with folds', () => {
  let work: string;
  let recipe: string;
  const lines: string[] = [];
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-folds-'));
    recipe = join(work, 'folded.yaml');
    writeFileSync(recipe, RECIPE);
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const open = (fold?: string, ...sets: string[]) => openExperiment({ work, recipe, fold, sets });
  const quiet = { log: (line: string) => void lines.push(line), progress: () => undefined };
  const run = async (sets: readonly string[] = [], targets = ['compare'], compared: Compared = {}) => {
    lines.length = 0;
    const folds = meantFolds({ work, recipe }).map((fold) => open(fold, ...sets));
    await runFolds({ folds, targets, compared, library: standInLibrary(), ...quiet });
  };
  const comparison = (...fold: string[]) => comparisonRecord.read(join(work, 'folded', ...fold, 'compare'));

  it('is run in each, and compared in all together', async () => {
    await run();
    const [one, two, all] = [comparison('one'), comparison('two'), comparison()];
    assert.deepEqual(
      all.folds?.map(({ name, speakers }) => [name, speakers]),
      [
        ['one', 5],
        ['two', 5],
      ],
    );
    assert.equal(all.bootstrap?.speakers, 10);
    assert.equal(all.trials, one.trials + two.trials);
    all.systems.forEach(({ name, eer, minDcf }, i) => {
      assert.equal(name, one.systems[i].name);
      assert.ok(Math.abs(eer - (one.systems[i].eer + two.systems[i].eer) / 2) < 1e-12);
      assert.ok(Math.abs(minDcf - (one.systems[i].minDcf + two.systems[i].minDcf) / 2) < 1e-12);
      assert.equal(all.folds![0].systems[name].eer, one.systems[i].eer);
    });
    const text = readFileSync(join(work, 'folded', 'compare', 'compare.txt'), 'utf8');
    assert.match(text, /by fold +one +two +mean\n/);
    const cost = readFileSync(join(work, 'folded', 'compare', 'figures', 'cost.csv'), 'utf8');
    const [first] = all.systems;
    assert.ok(cost.includes(`${first.name},`) && cost.includes(`,${first.eer},`), cost);
  });

  it('is up to date until a fold gives another comparison', async () => {
    await run();
    assert.ok(lines.includes('= compare: up to date'), lines.join('\n'));
    assert.ok(!lines.some((line) => line.startsWith('> ')), lines.join('\n'));
    rmSync(join(work, 'folded', 'compare', 'compare.json'));
    await run();
    assert.equal(lines.filter((line) => line.startsWith('> ')).length, 1, lines.join('\n'));
    assert.ok(existsSync(join(work, 'folded', 'compare', 'compare.json')));
  });

  it('compares parts of the trials too, by what is known of the speakers', async () => {
    const speakers = readManifest(join(work, 'folded', 'one', 'prep', 'manifest.jsonl'))
      .filter(({ split }) => split === 'test')
      .map(({ speaker }) => speaker);
    const all = [...new Set(speakers)];
    const table = join(work, 'labels.csv');
    writeFileSync(
      table,
      `speaker,group\n${all.map((speaker, i) => `${speaker},${i < 1 ? 'old' : 'young'}`).join('\n')}\n`,
    );
    await run([`slices={by: [gender, group], labels: ${table}}`]);
    const { slices, folds } = comparison();
    const byName = new Map(slices!.map((slice) => [`${slice.by}: ${slice.name}`, slice]));
    const young = byName.get('group: young')!;
    assert.equal(young.why, 'fold one: 4 speakers are too few to resample, at least 5 are needed');
    assert.deepEqual(young.systems, []);
    assert.equal(byName.get('group: mixed')!.why, 'no target trials');
    const groups = ['young', 'old', 'mixed'].map((name) => byName.get(`group: ${name}`)!);
    assert.equal(
      groups.reduce((sum, { trials }) => sum + trials, 0),
      folds!.reduce((sum, { trials }) => sum + trials, 0),
    );
    await assert.rejects(run([`slices={by: [age], labels: ${table}}`]), /slices\.by: age: expected gender, .*: group/);
    await assert.rejects(run(['slices={by: [group], labels: /not/there.csv}']), /not\/there\.csv: cannot be read/);
  });

  it('has systems from elsewhere beside its own: for each fold its own file or folder', async () => {
    await run();
    const scores = join(work, 'folded', '{fold}', 'score');
    const theirs = (fold: string) => [
      ...scoreFileSystems([`theirs=${join(scores, 'ecapa-tdnn', 'scores.txt')}`], { fold }),
      experimentSystem(join(scores, 'aca-net'), ['aca-net', 'ecapa-tdnn'], fold),
    ];
    const guestsOfFolds = { one: theirs('one'), two: theirs('two') };
    const compared = { baseline: 'theirs', guests: guestsOfFolds.one, guestsOfFolds };
    await run([], ['compare-others'], compared);
    const { systems, folds } = comparisonRecord.read(join(work, 'folded', 'compare-others'));
    assert.deepEqual(
      systems.map(({ name }) => name),
      ['aca-net', 'ecapa-tdnn', 'theirs', 'folded/aca-net'],
    );
    assert.equal(systems[2].eer, systems[1].eer);
    assert.equal(systems[3].eer, systems[0].eer);
    for (const { systems } of folds!) assert.equal(systems.theirs.eer, systems['ecapa-tdnn'].eer);
    const one = theirs('one').slice(0, 1);
    const two = scoreFileSystems([`theirs@2=${join(scores, 'aca-net', 'scores.txt')}`], { fold: 'two' });
    const uneven = { ...compared, guests: one, guestsOfFolds: { one, two } };
    await assert.rejects(
      run([], ['compare-others'], uneven),
      /other trainings in one fold than in another: theirs: theirs in fold one; theirs: theirs@2 in fold two/,
    );
  });

  it('reads scores from elsewhere before anything is trained', async () => {
    await run();
    const broken = join(work, 'broken.txt');
    writeFileSync(broken, 'a b nonsense\n');
    const guests = scoreFileSystems([`theirs=${broken}`]);
    const compared = { guests, guestsOfFolds: { one: guests, two: guests } };
    await assert.rejects(run(['training.epochs=3'], ['compare-others'], compared), /broken\.txt:1: /);
    assert.ok(!lines.some((line) => line.startsWith('> ')), lines.join('\n'));
  });

  it('is refused where an earlier command set something in one of them', async () => {
    const folds = [open('one', 'training.epochs=1'), open('two')];
    await assert.rejects(
      runFolds({ folds, targets: ['compare'], library: standInLibrary(), ...quiet }),
      /training\.epochs is 1 in fold one and \d+ in fold two, but what is compared in all folds has the same settings/,
    );
  });

  it('is examined fold by fold, everything in it', async () => {
    await run();
    const folder = join(work, 'folded');
    const parts = checkFolder(folder);
    const names = parts.map(({ part }) => part);
    for (const part of ['one/prep', 'one/score/aca-net', 'two/train/ecapa-tdnn', 'two', 'compare']) assert.ok(names.includes(part), names.join(' ')); // prettier-ignore
    assert.ok(parts.every(({ verdict }) => verdict !== 'damaged'));
    appendFileSync(join(folder, 'two', 'score', 'aca-net', 'scores.txt'), 'x y 0\n');
    const damaged = checkFolder(folder).filter(({ verdict }) => verdict === 'damaged');
    assert.deepEqual(
      damaged.map(({ part }) => part),
      ['two/score/aca-net'],
    );
  });

  it('tells what it could show, by what its comparison, or another one, has shown', async () => {
    await run();
    const all = comparison();
    const [system] = Object.keys(all.differences);
    const lists = ['one', 'two'].map((fold) => {
      const { speakers, table } = readTestTrials(join(work, 'folded', fold, 'prep'));
      return plannedList(speakers, table.labels, fold);
    });
    const pair = { system, baseline: all.baseline, trainings: [1, 1] as const };
    const folder = join(work, 'folded', 'compare');
    const plan = planComparison({ pair, lists, change: -0.1, spreads: findSpreads(pair, { finished: [join(work, 'nowhere'), folder] }) }); // prettier-ignore
    assert.equal(plan.measuredIn, folder);
    assert.deepEqual(
      plan.lists.map(({ name, speakers }) => [name, speakers]),
      [
        ['all folds', 10],
        ['one', 5],
        ['two', 5],
      ],
    );
    const { seSpeakers } = all.differences[system].eer!;
    assert.ok(Math.abs(plan.lists[0].measures[0].standardError - seSpeakers) < 1e-12);
    const others = { ...pair, system: 'theirs' };
    assert.equal(findSpreads(others, { finished: [folder] }).measuredIn, undefined);
    // The only pair of another comparison is meant, whatever its systems are called.
    assert.equal(findSpreads(others, { spread: folder }).measuredIn, folder);
    assert.throws(
      () => findSpreads(pair, { spread: work }),
      /--spread .*: expected a number such as 0\.04, or the folder of a finished comparison/,
    );
    assert.throws(
      () => plannedList(readTestTrials(join(work, 'folded', 'one', 'prep')).speakers, new Uint8Array(9), 'one'),
      /fold one: these trials can show no difference: no target trials/,
    );
  });

  it('needs the name of a fold where one is meant', () => {
    assert.throws(() => open(), /recipe folded has the folds one, two: name one with --fold/);
    assert.throws(() => open('won'), /has no fold "won".*; there are one, two/);
    assert.throws(
      () => open('one', 'corpus.seed=3'),
      /--set corpus\.seed=3: fold one has a corpus\.seed of its own, 1 \(.*folded\.yaml:\d+\)\n {2}set folds\.one\.corpus\.seed instead/,
    );
    assert.equal((open('one', 'folds.one.corpus.seed=3').recipe.corpus as { seed: number }).seed, 3);
    assert.equal((open('one', 'corpus.testSpeakers=4').recipe.corpus as { testSpeakers: number }).testSpeakers, 4);
    assert.throws(() => openExperiment({ work, recipe: 'demo', fold: 'one' }), /has no folds: leave out --fold one/);
    assert.equal(open('two').folder, join(work, 'folded', 'two'));
  });

  it('is refused where its folds cannot be such, with the place', () => {
    const of = (folds: string) => {
      const path = join(work, 'bad.yaml');
      writeFileSync(path, `extends: demo\nfolds: ${folds}\n`);
      return () => meantFolds({ work, recipe: path });
    };
    assert.throws(of('{ one: { corpus: { seed: 1 } } }'), /expected two folds or more.*→ at folds\n.*bad\.yaml:2/);
    assert.throws(
      of('{ a: { corpus: {} }, b: { training: { epochs: 2 } } }'),
      /its own corpus and development only, got training/,
    );
    assert.throws(of('{ a: { corpus: {} }, b: 3 }'), /expected \{ corpus: … \}, got .*3.*→ at folds\.b/);
    assert.throws(of('{ a: { corpus: {} }, "b/c": { corpus: {} } }'), /expected a name of letters/);
    assert.throws(
      of('{ compare: { corpus: {} }, b: { corpus: {} } }'),
      /"compare" is the folder of the comparison.*\n.*bad/,
    );
    assert.throws(of('{ a: { corpus: {} }, compare-others: { corpus: {} } }'), /take another name → at folds.compare-/);
    assert.deepEqual(of('null')(), []);
  });
});
