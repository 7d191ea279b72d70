/**
 * @file Models of several utterances through the whole chain: prep → features → … → embed → score → compare, on a few
 * synthetic voices with stand-ins for training and network.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnrolment } from '../../src/corpus/trials/enrolment.js';
import { readManifest } from '../../src/corpus/manifest/manifest.js';
import { readTrials } from '../../src/corpus/trials/trials.js';
import { readEmbeddings } from '../../src/scoring/backend/embedding-archive.js';
import { runRecipe } from '../../src/recipe/run-recipe.js';
import { scoreTrialList } from '../../src/recipe/scores/score-trial-list.js';
import { openExperiment } from '../../src/recipe/running/work-folder.js';
import { standInLibrary } from './stand-in-library.js';

describe('enrolment of several utterances, from end to end', () => {
  let work: string;
  before(() => (work = mkdtempSync(join(tmpdir(), 'acanet-enrolment-'))));
  after(() => rmSync(work, { recursive: true, force: true }));

  const library = standInLibrary();
  const quiet = { log: () => undefined, progress: () => undefined };
  const open = (enrollUtterances: number) =>
    openExperiment({
      work,
      recipe: 'demo',
      sets: [
        'corpus={trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 5, duration: [1, 1.2]}',
        `corpus.trials={sessions: any, sameGender: null, enrollUtterances: ${enrollUtterances}}`,
        'development.speakers=2',
        'features.normalize=none',
      ],
      fresh: true,
    });
  const run = async (enrollUtterances: number) => {
    const plans = await runRecipe({ ...quiet, experiment: open(enrollUtterances), library });
    return plans.filter(({ action }) => action !== 'skip').map(({ stage }) => stage);
  };
  const at = (path: string) => join(work, 'demo', path);
  const unit = (vector: ArrayLike<number>) => {
    const norm = Math.hypot(...Array.from(vector));
    return Array.from(vector, (value) => value / norm);
  };
  const scoresOf = (path: string) =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' '));

  it('scores models by the average of their unit embeddings', async () => {
    await run(3);
    const enrolment = readEnrolment(at('prep/enroll.map'));
    const speakerOf = new Map(readManifest(at('prep/manifest.jsonl')).map(({ id, speaker }) => [id, speaker]));
    for (const utterances of enrolment.values()) {
      assert.equal(utterances.length, 3);
      assert.equal(new Set(utterances.map((id) => speakerOf.get(id))).size, 1);
    }
    const trials = readTrials(at('prep/trials.txt'));
    // Each of 3 speakers has one model and 2 utterances left; nontargets are tested with all 10 of the others.
    assert.deepEqual([trials.length, trials.filter(({ target }) => target).length], [36, 6]);

    const embeddings = readEmbeddings(at('embed/aca-net/embeddings.ark'));
    const scores = scoresOf(at('score/aca-net/scores.txt'));
    assert.equal(scores.length, trials.length);
    for (const [index, { enroll, test }] of trials.entries()) {
      assert.deepEqual(scores[index].slice(0, 2), [enroll, test]);
      const vectors = enrolment.get(enroll)!.map((id) => unit(embeddings.get(id)!));
      const model = unit(vectors[0].map((_, i) => vectors.reduce((sum, vector) => sum + vector[i], 0)));
      const expected = unit(embeddings.get(test)!).reduce((sum, value, i) => sum + value * model[i], 0);
      // Unit vectors are kept as float32, and scores are written with six digits or more.
      assert.ok(Math.abs(Number(scores[index][2]) - expected) < 2e-6);
    }
    const { systems } = JSON.parse(readFileSync(at('compare/compare.json'), 'utf8')) as {
      systems: { trials?: number; eer: number }[];
    };
    assert.equal(systems.length, 2);
    assert.deepEqual(await run(3), []);
  });

  it('scores a list of one’s own with the map beside it, with another map, and not without one', async () => {
    await run(3);
    const list = join(work, 'own.txt');
    const [[, [first, second, third]], [, other]] = [...readEnrolment(at('prep/enroll.map'))];
    writeFileSync(list, `m ${third} target\nm ${other[0]} nontarget\n`);
    const score = (enrollMap?: string) =>
      scoreTrialList({ ...quiet, experiment: open(3), run: 'aca-net', trials: list, enrollMap, library });
    await assert.rejects(score(), /1 id is not in the manifest: m\n.*give their map: --enroll-map/);
    writeFileSync(join(work, 'own.enroll.map'), `m ${first} ${second}\n`);
    const { folder } = await score();
    const [beside] = scoresOf(join(folder, 'scores.txt'));
    const map = join(work, 'other.map');
    writeFileSync(map, `m ${first}\n`);
    await score(map);
    const [single] = scoresOf(join(folder, 'scores.txt'));
    assert.notEqual(single[2], beside[2]);
    writeFileSync(map, `m ${first} nobody\n`);
    await assert.rejects(score(map), /other\.map: 1 enrolment utterance is not in the manifest:\n {2}model m: nobody/);
  });

  it('leaves no map behind when single utterances are enrolled again', async () => {
    await run(3);
    const stages = await run(1);
    assert.ok(stages.includes('prep') && stages.includes('score/aca-net') && stages.includes('compare'));
    assert.ok(!existsSync(at('prep/enroll.map')));
    assert.equal(readTrials(at('prep/trials.txt')).length, 105); // all pairs of 15 utterances
  });
});
