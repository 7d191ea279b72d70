/** @file A corpus of which files are missing: every result of it says so. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeWav } from '../../src/audio/write-wav.js';
import { runRecipe } from '../../src/recipe/run-recipe.js';
import { scoreTrialList } from '../../src/recipe/scores/score-trial-list.js';
import { openExperiment } from '../../src/recipe/running/work-folder.js';
import { describeScores } from '../../src/scoring/measures/evaluation.js';
import { standInLibrary } from './stand-in-library.js';

const PARTIAL = /^partial WSJ0-1talker: 3 of 51,000 trials, 2 of 20,000 training files; .*; 1 of 8 utterances missing$/;

describe('the results of a partial corpus', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'acanet-partial-'));
    const write = (name: string, lines: string[]) => {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), lines.map((line) => `${line}\n`).join(''));
    };
    const training = ['011c0201_1.5_012c0201_-1.5_011c0202', '012c0201_1.5_011c0201_-1.5_012c0202'];
    const development = ['011o0301_1.5_012o0301_-1.5_011c0202', '012o0301_1.5_011o0301_-1.5_012c0202'];
    const test = ['050a0501', '050a0502', '440c0401', '440c0402'];
    write(
      'lists/tr/ref.scp',
      training.map((id) => `${id} /x/${id}.wav`),
    );
    write(
      'lists/cv/ref.scp',
      development.map((id) => `${id} /x/${id}.wav`),
    );
    write(
      'lists/enrol/mix.scp',
      test.map((id) => `${id} /x/${id}.wav`),
    );
    const pairs = ['050a0501 050a0502', '440c0401 050a0502', '440c0401 050a0501', '440c0402 440c0401'];
    write(
      'lists/trials_1talker/trials',
      pairs.map((pair) => {
        const [enrol, utterance] = pair.split(' ');
        return `${enrol} ${utterance}_${enrol} ${enrol[0] === utterance[0] ? 'target' : 'nontarget'}`;
      }),
    );
    const there = [...training, ...development].map((id) => id.slice(0, 8));
    for (const [index, id] of [...there, ...test.slice(0, 3)].entries()) {
      const samples = Float32Array.from({ length: 16_000 }, (_, i) => 0.3 * Math.sin((i * (index + 3)) / 90));
      mkdirSync(join(root, 'audio'), { recursive: true });
      writeWav(join(root, 'audio', `${id}.wav`), samples, 16_000);
    }
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const library = standInLibrary();
  const logged: string[] = [];
  const talk = { log: (line: string) => void logged.push(line), progress: () => undefined };
  const read = (path: string) => readFileSync(join(root, 'exp/wsj0', path), 'utf8');
  const experiment = () =>
    openExperiment({
      work: join(root, 'exp'),
      recipe: 'wsj0',
      sets: [
        `corpus.source=${join(root, 'audio')}`,
        `corpus.lists=${join(root, 'lists')}`,
        'corpus.allowMissing=true',
        'features.normalize=none',
      ],
      fresh: true,
    });

  it('carry its mark in every file and line', async () => {
    await runRecipe({ ...talk, experiment: experiment(), library });
    for (const file of ['prep/corpus.json', 'score/aca-net/metrics.json', 'compare/compare.json']) {
      assert.match((JSON.parse(read(file)) as { partial: string }).partial, PARTIAL, file);
    }
    const [mark] = read('compare/compare.txt').split('\n');
    assert.match(mark.slice(2), PARTIAL);
    assert.match(
      read('compare/compare.md'),
      /^\*\*partial WSJ0-1talker: .*\*\*\n\n\*\*Cannot tell [^]* not tested here\. Why: partial WSJ0-1talker: /,
    );
    assert.match(read('compare/compare.csv'), /,partial\n.*,"partial WSJ0-1talker: /);
    assert.ok(logged.some((line) => line === mark));
    assert.ok(logged.some((line) => /score\/aca-net: .*EER .*\[partial WSJ0-1talker/.test(line)));
  });

  it('carry it also for a list of one’s own', async () => {
    await runRecipe({ ...talk, experiment: experiment(), library });
    const own = join(root, 'own.txt');
    writeFileSync(own, '050a0501 050a0502 target\n440c0401 050a0502 nontarget\n');
    const options = { ...talk, experiment: experiment(), run: 'aca-net', trials: own, library };
    const { evaluation } = await scoreTrialList(options);
    assert.match(evaluation.partial!, PARTIAL);
    assert.match(describeScores(evaluation), /minDCF\(0\.01\) [\d.]+ \[partial WSJ0-1talker/);
  });
});
