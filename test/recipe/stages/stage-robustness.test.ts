/** @file Stage robustness with stand-ins for training and network: conditions, sides, resuming, and what is refused. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest, type Utterance } from '../../../src/corpus/manifest/manifest.js';
import { readTrials } from '../../../src/corpus/trials/trials.js';
import { createUtteranceFeatures } from '../../../src/features/utterance-features.js';
import { drawCut } from '../../../src/features/degraded-speech.js';
import { runRecipe, explainRecipe } from '../../../src/recipe/run-recipe.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import type { RunRobustness } from '../../../src/recipe/artifacts/robustness.js';
import type { Comparison } from '../../../src/report/comparison/comparison.js';
import { computeEer } from '../../../src/scoring/measures/eer.js';
import { whiteNoise, writeFloatWav } from '../../features/augmentation/signals.js';
import { standInLibrary } from '../stand-in-library.js';

const SMALL = [
  'corpus={trainSpeakers: 8, testSpeakers: 6, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 3, duration: [1, 1.6]}',
  'development.speakers=4',
  'features.normalize=none',
  'inspect=none',
];
const DURATIONS = 'robustness={durations: [1.3, 0.5]}';

describe('stage robustness', () => {
  let work: string;
  let folder: string;
  const library = standInLibrary();
  const logged: string[] = [];
  const quiet = { log: (line: string) => logged.push(line), progress: () => undefined };
  const open = (...sets: string[]) => openExperiment({ work, recipe: 'demo', sets: [...SMALL, ...sets], fresh: true }); // prettier-ignore
  const run = (sets: string[], targets = ['robustness/aca-net'], given = library) =>
    runRecipe({ ...quiet, library: given, experiment: open(...sets), targets });
  const path = (...names: string[]) => join(folder, 'robustness', 'aca-net', ...names);
  const json = <T>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as T;
  const record = () => json<RunRobustness>(path('robustness.json'));
  /** `enroll test` → score. */
  const scoresOf = (file: string) =>
    new Map(
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([enroll, test, score]) => [`${enroll} ${test}`, Number(score)] as const),
    );
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-robustness-'));
    folder = join(work, 'demo');
    writeFloatWav(join(work, 'noise', 'a.wav'), [whiteNoise(16000, 'a')], 16000);
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  it('scores all trials under each condition, in the order of the recipe, and counts what stays whole', async () => {
    await run([DURATIONS]);
    const trials = readTrials(join(folder, 'prep', 'trials.txt'));
    const utterances = readManifest(join(folder, 'prep', 'manifest.jsonl')).filter(({ split }) => split === 'test');
    const tested = new Set(trials.map(({ test }) => test));
    const { sides, utterances: count, noise, conditions } = record();
    assert.deepEqual([sides, count, noise], ['test', tested.size, undefined]);
    const short = utterances.filter(({ id, duration }) => tested.has(id) && duration <= 1.3).length;
    assert.ok(short > 0 && short < count);
    assert.deepEqual(
      conditions.map(({ condition, whole, trials: scored }) => [condition, whole, scored]),
      [
        ['1.3 s', short, trials.length],
        ['0.5 s', 0, trials.length],
      ],
    );
    for (const { scores, eer } of conditions) {
      const found = scoresOf(path(scores));
      assert.equal(found.size, trials.length);
      const labels = trials.map(({ target }) => Number(target));
      assert.ok(Math.abs(computeEer(trials.map((t) => found.get(`${t.enroll} ${t.test}`)!), labels).eer - eer) < 1e-6); // prettier-ignore
    }
  });

  /** The stand-in's embedding: the mean of the features. */
  const embed = async (utterance: Utterance, seconds?: number) => {
    const { recipe } = open(DURATIONS);
    const cut = seconds === undefined ? utterance : drawCut(utterance, seconds, { seed: recipe.seed, sampleRate: 16000 })!; // prettier-ignore
    const { frames, bins, data } = await createUtteranceFeatures(recipe.features)(cut);
    return Array.from({ length: bins }, (_, bin) => {
      let sum = 0;
      for (let t = 0; t < frames; t++) sum += data[t * bins + bin];
      return sum / frames;
    });
  };
  const cosine = (a: number[], b: number[]) => {
    const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i], 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };

  it('changes the test side only, or both, from the same cuts', async () => {
    await run([DURATIONS]);
    const byId = new Map(readManifest(join(folder, 'prep', 'manifest.jsonl')).map((each) => [each.id, each]));
    const trials = readTrials(join(folder, 'prep', 'trials.txt')).slice(0, 6);
    // Cached features are those of the file to about six digits, scores are written with as many.
    const check = async (enrolled: number | undefined) => {
      const scores = scoresOf(path('scores_0.5s.txt'));
      for (const { enroll, test } of trials) {
        const expected = cosine(await embed(byId.get(enroll)!, enrolled), await embed(byId.get(test)!, 0.5));
        assert.ok(Math.abs(scores.get(`${enroll} ${test}`)! - expected) < 1e-4, `${enroll} ${test}`);
      }
    };
    await check(undefined);
    await run(['robustness={durations: [0.5], sides: both}']);
    assert.equal(record().sides, 'both');
    await check(0.5);
  });

  it('adds noise, the same in another training, and more of it at lower ratios', async () => {
    const sets = [`robustness={snr: [30, -5], noise: {source: '${join(work, 'noise')}'}}`, 'seeds=2'];
    await run(sets, ['robustness/aca-net', 'robustness/aca-net@2', 'score/aca-net']);
    const clean = scoresOf(join(folder, 'score', 'aca-net', 'scores.txt'));
    const moved = ['scores_30dB.txt', 'scores_-5dB.txt'].map((file) => {
      const scores = scoresOf(path(file));
      assert.deepEqual(scores, scoresOf(path('..', 'aca-net@2', file)));
      return [...scores].reduce((sum, [pair, score]) => sum + Math.abs(score - clean.get(pair)!), 0);
    });
    assert.ok(moved[0] > 0 && moved[1] > 3 * moved[0], moved.join(' '));
    assert.equal(record().noise, '1 recording (1 s)');
  });

  it('goes on with the condition at which it was interrupted', async () => {
    await run([DURATIONS]);
    const sets = ['robustness={durations: [0.6, 0.7, 0.8]}'];
    let embedded = 0;
    const failing = standInLibrary();
    const failsAt = (count: number) => ({
      ...failing,
      openEmbedder: async (options: Parameters<typeof failing.openEmbedder>[0]) => {
        const embedder = await failing.openEmbedder(options);
        const stop = (features: Parameters<typeof embedder.embed>[0]) =>
          ++embedded > count ? Promise.reject(new Error('stopped')) : embedder.embed(features);
        return { ...embedder, embed: stop };
      },
    });
    await assert.rejects(run(sets, ['robustness/aca-net'], failsAt(20)), /stopped/);
    assert.deepEqual(record().conditions.map(({ condition }) => condition), ['0.6 s']); // prettier-ignore
    embedded = 0;
    await run(sets, ['robustness/aca-net'], failsAt(Infinity));
    assert.deepEqual(record().conditions.map(({ condition }) => condition), ['0.6 s', '0.7 s', '0.8 s']); // prettier-ignore
    assert.equal(embedded, 2 * record().utterances);
    const resumed = readFileSync(path('robustness.json'), 'utf8');
    rmSync(path('.done.json'));
    rmSync(path('.started.json'));
    await run(sets);
    assert.equal(readFileSync(path('robustness.json'), 'utf8'), resumed);
    // A condition whose scores have been lost is tested again, and it alone.
    rmSync(path('scores_0.7s.txt'));
    embedded = 0;
    await run(sets, ['robustness/aca-net'], failsAt(Infinity));
    assert.equal(embedded, record().utterances);
    assert.deepEqual(record().conditions.map(({ condition }) => condition), ['0.6 s', '0.7 s', '0.8 s']); // prettier-ignore
  });

  it('takes up its results again when settings are changed and changed back', async () => {
    await run([DURATIONS]);
    const before = readFileSync(path('.done.json'), 'utf8');
    await assert.rejects(run(['robustness={durations: [0.1]}', 'features.frameLength=150']), /too short|at least/);
    await run(['robustness={durations: [0.6]}']);
    const plans = await run([DURATIONS]);
    assert.equal(readFileSync(path('.done.json'), 'utf8'), before);
    assert.equal(plans.at(-1)!.action, 'skip');
  });

  it('is in the comparison, and leaves everything else as it was where a recipe has none', async () => {
    await run([], ['compare']);
    const plain = json<Comparison>(join(folder, 'compare', 'compare.json'));
    await run([DURATIONS], ['compare']);
    const { robustness, ...rest } = json<Comparison>(join(folder, 'compare', 'compare.json'));
    assert.deepEqual(rest, plain);
    assert.deepEqual(robustness!.conditions.map(({ name }) => name), ['full', '1.3 s', '0.5 s']); // prettier-ignore
    assert.deepEqual(robustness!.conditions[0].systems.map(({ eer }) => eer), rest.systems.map(({ eer }) => eer)); // prettier-ignore
    assert.match(readFileSync(join(folder, 'compare', 'compare.md'), 'utf8'), /\| 0\.5 s +\|/);
    assert.match(readFileSync(join(folder, 'compare', 'robustness.csv'), 'utf8'), /^0\.5 s,duration,0\.5,test,/m);
    const { plans } = explainRecipe({ experiment: open('robustness=null'), targets: ['compare'] });
    assert.ok(!plans.some(({ stage }) => stage.startsWith('robustness')));
    const { plans: others } = explainRecipe({ experiment: open(DURATIONS), targets: ['compare'] });
    assert.ok(others.every(({ action }) => action === 'skip'), JSON.stringify(others)); // prettier-ignore
  });

  it('keeps test trials back where the recipe does', async () => {
    const back = 'evaluate=development';
    const { plans } = explainRecipe({ experiment: open(DURATIONS, back) });
    assert.ok(!plans.some(({ stage }) => stage.startsWith('robustness')));
    await assert.rejects(run([DURATIONS, back]), /does not use its test trials yet/);
  });

  it('refuses what cannot be tested, before anything is trained, by the key that is wrong', async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(work, 'empty'));
    writeFileSync(join(work, 'text.txt'), '');
    const noise = (source: string) => `robustness={snr: [5], noise: {source: '${source}'}}`;
    const cases: [string, RegExp][] = [
      [
        'robustness={snr: [5]}',
        /robustness\.snr needs robustness\.noise: \{ source: FOLDER \}, or white.*→ at robustness\.snr/s,
      ],
      ['robustness={durations: [1], noise: white}', /robustness\.noise needs robustness\.snr.*→ at robustness\.noise/s],
      ['robustness={}', /expected durations or snr; for neither, leave robustness out \(null\) → at robustness/],
      ['robustness={durations: [0]}', /expected at least 0\.1, got 0 → at robustness\.durations\.0/],
      ['robustness={durations: [1, -2]}', /expected at least 0\.1, got -2 → at robustness\.durations\.1/],
      ['robustness={durations: [1, 1]}', /expected durations that differ/],
      ['robustness={durations: [1], sides: left}', /expected "test" or "both", got "left" → at robustness\.sides/],
      [
        noise('/no/such/folder'),
        /robustness\.noise\.source: \/no\/such\/folder cannot be read: there is no such file or folder/,
      ],
      [noise(join(work, 'empty')), /robustness\.noise\.source: .*empty cannot be read: the folder is empty/],
    ];
    logged.length = 0;
    for (const [set, expected] of cases) {
      await assert.rejects(async () => run([set]), expected, set);
    }
    assert.ok(!logged.some((line) => line.startsWith('> train')));
    // What is in a file is seen when it is opened.
    await assert.rejects(run([noise(join(work, 'text.txt'))]), /robustness\.noise: .*text\.txt.*expected/);
  });
});
